package dev.hindsight.softgpu.driver;

import static dev.hindsight.softgpu.driver.DriverException.require;

import dev.hindsight.softgpu.ptx.Joined;
import dev.hindsight.softgpu.ptx.Parser;
import dev.hindsight.softgpu.ptx.PtxException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Linking at run time: PTX, alone or in fat binaries, becomes one text, which loads as a cubin
/// would.
final class LinkCalls extends Calls {
  private static final int PTX = 1;
  private static final int FAT_BINARY = 2;

  LinkCalls(Driver driver) {
    super(driver);
  }

  /// A link that goes on.
  private static final class Link {
    final JitLog log;
    final List<String> texts = new ArrayList<>();
    final Arena arena = Arena.ofShared();

    Link(JitLog log) {
      this.log = log;
    }

    void check(String ptx, String name) {
      try {
        Parser.parse(ptx, name);
      } catch (PtxException e) {
        throw log.invalid(e);
      }
    }
  }

  private Link link(long handle) {
    return driver.handles.get(handle, Link.class);
  }

  void cuLinkCreate(int count, long options, long values, long state) {
    Host.putLong(state, driver.context().adopt(new Link(new JitLog(count, options, values))));
  }

  void cuLinkAddData(
      long state,
      int type,
      long data,
      long bytes,
      long name,
      int count,
      long options,
      long values) {
    Link link = link(state);
    require(data != 0 && bytes > 0, "wanted data to link, got %d bytes", bytes);
    add(link, type, data, bytes, name == 0 ? "input" : Host.string(name));
  }

  private static void add(Link link, int type, long data, long bytes, String name) {
    if (type != PTX && type != FAT_BINARY) {
      throw new DriverException(
          CudaResult.NOT_SUPPORTED,
          "%s: the software GPU links PTX, alone or in fat binaries, got type %d"
              .formatted(name, type));
    }
    if (type == FAT_BINARY) {
      link.texts.add(FatBinary.ptx(data));
      return;
    }
    byte[] text = Host.at(data, bytes).toArray(ValueLayout.JAVA_BYTE);
    String ptx = new String(text, StandardCharsets.UTF_8).replaceFirst("\\x00[\\s\\S]*$", "");
    link.check(ptx, name);
    link.texts.add(ptx);
  }

  void cuLinkAddFile(long state, int type, long path, int count, long options, long values) {
    Link link = link(state);
    String name = Host.string(path);
    try (Arena arena = Arena.ofConfined()) {
      byte[] bytes = Files.readAllBytes(Path.of(name));
      MemorySegment copy = arena.allocate(bytes.length + 1L, 8);
      copy.asSlice(0, bytes.length).copyFrom(MemorySegment.ofArray(bytes));
      add(link, type, copy.address(), bytes.length, name);
    } catch (IOException e) {
      throw new DriverException(
          CudaResult.FILE_NOT_FOUND, "could not read " + name + ": " + e.getMessage());
    }
  }

  /// The result lives as long as the link does.
  void cuLinkComplete(long state, long image, long bytes) {
    Link link = link(state);
    String joined = Joined.of(link.texts);
    link.check(joined, "link");
    MemorySegment made = link.arena.allocateFrom(joined);
    Host.putLong(image, made.address());
    Host.offerLong(bytes, made.byteSize());
  }

  void cuLinkDestroy(long state) {
    link(state).arena.close();
    driver.context().disown(state);
  }
}
