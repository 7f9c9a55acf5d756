package dev.hindsight.softgpu.base;

import dev.hindsight.natives.Pages;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// Global memory of a software GPU: fake addresses from 0x2000_0000_0000 on, far apart, so that a
/// step outside an allocation never lands in another one. Addresses are never used twice.
///
/// Linux maps nothing there unasked: programs, heaps and the JVM's own heap lie below, libraries
/// and thread stacks at 0x7e00_0000_0000 and above. So a number tells whose address it is.
///
/// Every method that takes an address throws [IllegalAddress] where it is no device address.
public final class DeviceMemory {
  /// First device address.
  public static final long BASE = 0x2000_0000_0000L;

  /// First address behind those that are ever handed out.
  public static final long END = 0x4000_0000_0000L;

  /// Of a process there is one memory that its host sees, however many devices it had.
  private static final AtomicLong NEXT_FOR_HOST = new AtomicLong(BASE + (END - BASE) / 2);

  private static final long RED_ZONE = 1 << 16;
  private static final long PAGE = 1 << 16; // the largest that Linux has

  /// What the CUDA C++ Programming Guide promises of every allocation.
  public static final int ALIGN = 256;

  /// What kernels may have from `malloc` unless a program asks for more.
  public static final long HEAP_BYTES = 8L << 20;

  private static final int FREED_REMEMBERED = 1024;

  private final TreeMap<Long, Allocation> live = new TreeMap<>();
  private final ArrayDeque<Allocation> freed = new ArrayDeque<>();
  private final long capacity;
  private final Map<Long, Texture> textures = new ConcurrentHashMap<>();
  private final Map<Long, Integer> decisions = new ConcurrentHashMap<>();
  private volatile DeviceHeap heap = new DeviceHeap(this, HEAP_BYTES);
  private long next = BASE;
  private long used;

  public DeviceMemory(long capacity) {
    this.capacity = capacity;
  }

  /// Where `malloc` of the running kernel takes from.
  public DeviceHeap heap() {
    return heap;
  }

  /// The texture or surface of this handle, or null.
  public @Nullable Texture texture(long handle) {
    return textures.get(handle);
  }

  /// Makes a texture or surface known to kernels, or forgets it where it is null.
  public void bind(long handle, @Nullable Texture texture) {
    if (texture == null) {
      textures.remove(handle);
    } else {
      textures.put(handle, texture);
    }
  }

  /// Notes what a kernel or the host decided of the nodes of a graph that ask for this handle.
  public void decide(long handle, int value) {
    decisions.put(handle, value);
  }

  /// What was decided since it was asked to forget, or null.
  public @Nullable Integer decision(long handle) {
    return decisions.get(handle);
  }

  public void forgetDecision(long handle) {
    decisions.remove(handle);
  }

  /// Lets the kernels of another context run.
  public void use(DeviceHeap other) {
    heap = other;
  }

  /// A range of `bytes` fresh bytes, aligned to 512. The name appears in reports.
  public synchronized long allocate(long bytes, String name) {
    return allocate(bytes, name, false, ALIGN).base;
  }

  /// The same for a variable of a module, which kernels may not write to where `readOnly` says so.
  ///
  /// @param align what it declares; checks know no more, though it lies as all others do
  public synchronized Allocation allocate(long bytes, String name, boolean readOnly, int align) {
    requireFree(bytes, name);
    return allocateAt(reserve(bytes), bytes, name, readOnly, align);
  }

  /// A place that nothing else will have, for so many bytes that are allocated later, if at all.
  public synchronized long reserve(long bytes) {
    long place = next;
    next = (next + bytes + RED_ZONE + 511) / 512 * 512;
    return place;
  }

  /// The same at a place that was reserved and where nothing lies now.
  public synchronized void allocateAt(long place, long bytes, String name) {
    requireFree(bytes, name);
    allocateAt(place, bytes, name, false, ALIGN);
  }

  private Allocation allocateAt(long place, long bytes, String name, boolean readOnly, int align) {
    Allocation made = made(place, bytes, name, readOnly, align);
    used += bytes;
    live.put(made.base, made);
    return made;
  }

  private void requireFree(long bytes, String name) {
    if (bytes <= 0 || bytes > capacity - used) {
      throw new OutOfDeviceMemory(
          String.format(
              "wanted %,d bytes for \"%s\", %,d of %,d are free",
              bytes, name, capacity - used, capacity));
    }
  }

  /// Bytes that the host sees at the same address: managed and pinned memory. They are none of the
  /// device's own.
  public synchronized Allocation allocateForHost(long bytes, String name) {
    try {
      Pages pages = Pages.at(nextForHost(bytes), bytes);
      Allocation made = new Allocation(this, name, pages, pages.segment(), ALIGN);
      live.put(made.base, made);
      return made;
    } catch (OutOfMemoryError e) {
      throw new OutOfDeviceMemory(
          String.format("wanted %,d bytes for \"%s\": %s", bytes, name, e.getMessage()));
    }
  }

  private static long nextForHost(long bytes) {
    return NEXT_FOR_HOST.getAndAdd((bytes + RED_ZONE + PAGE - 1) / PAGE * PAGE);
  }

  /// Lets kernels see memory of the host, until it is freed here.
  public synchronized void adopt(MemorySegment bytes, String name) {
    int align = (int) Math.min(ALIGN, Long.lowestOneBit(bytes.address()));
    live.put(bytes.address(), new Allocation(this, name, null, bytes, align));
  }

  private Allocation made(long place, long bytes, String name, boolean readOnly, int align) {
    try {
      return new Allocation(this, place, bytes, name, readOnly, align);
    } catch (OutOfMemoryError e) {
      throw new OutOfDeviceMemory(
          String.format("wanted %,d bytes for \"%s\": %s", bytes, name, e.getMessage()));
    }
  }

  /// Gives back the allocation that starts at this address.
  public synchronized void free(long address) {
    Allocation gone = live.remove(address);
    if (gone == null) {
      throw new IllegalAddress(String.format("free: 0x%x is no allocation's start", address));
    }
    freed.addLast(gone.free());
    used -= gone.hostVisible ? 0 : gone.size;
    if (freed.size() > FREED_REMEMBERED) {
      freed.removeFirst();
    }
  }

  /// Copies host bytes to the device.
  public void copyIn(long address, MemorySegment source, long bytes) {
    Allocation to = range("copy to device", address, bytes);
    MemorySegment.copy(source, 0, to.bytes(), address - to.base, bytes);
    to.wrote(address - to.base, bytes);
  }

  /// Copies device bytes to the host.
  public void copyOut(long address, MemorySegment target, long bytes) {
    Allocation from = range("copy from device", address, bytes);
    MemorySegment.copy(from.bytes(), address - from.base, target, 0, bytes);
  }

  /// Copies between device ranges, which may overlap; what is unwritten stays unwritten.
  public void copy(long target, long source, long bytes) {
    Allocation to = range("copy on device", target, bytes);
    Allocation from = range("copy on device", source, bytes);
    long offset = target - to.base;
    MemorySegment.copy(from.bytes(), source - from.base, to.bytes(), offset, bytes);
    to.copyWritten(offset, from, source - from.base, bytes);
  }

  /// Sets so many elements of 1, 2 or 4 bytes to the low bytes of a value.
  public void fill(long address, int elementBytes, int value, long count) {
    long bytes = count * elementBytes;
    Allocation to = range("memset", address, bytes);
    MemorySegment target = to.bytes().asSlice(address - to.base, bytes);
    for (long i = 0; i < count && elementBytes > 1; i++) {
      if (elementBytes == 2) {
        target.set(ValueLayout.JAVA_SHORT_UNALIGNED, i * 2, (short) value);
      } else {
        target.set(ValueLayout.JAVA_INT_UNALIGNED, i * 4, value);
      }
    }
    if (elementBytes == 1) {
      target.fill((byte) value);
    }
    to.wrote(address - to.base, bytes);
  }

  /// The allocation that holds all of the range, or null.
  public synchronized @Nullable Allocation find(long address, long bytes) {
    var below = live.floorEntry(address);
    return below != null && below.getValue().contains(address, bytes) ? below.getValue() : null;
  }

  /// The live or lately freed allocation nearest to this address, or null when there is none.
  public synchronized @Nullable Allocation nearest(long address) {
    Allocation best = null;
    for (Allocation a : live.values()) {
      best = nearer(best, a, address);
    }
    for (Allocation a : freed) {
      best = nearer(best, a, address);
    }
    return best;
  }

  private static Allocation nearer(@Nullable Allocation best, Allocation other, long address) {
    return best == null || distance(other, address) < distance(best, address) ? other : best;
  }

  private static long distance(Allocation a, long address) {
    return address < a.base ? a.base - address : Math.max(0, address - a.base - a.size + 1);
  }

  /// What is still allocated, by address: the leaks, when a context ends.
  public synchronized List<Allocation> allocations() {
    return List.copyOf(live.values());
  }

  public synchronized long usedBytes() {
    return used;
  }

  public long capacity() {
    return capacity;
  }

  /// Drops the written-byte records of allocations that are full by now.
  public synchronized void settle() {
    live.values().forEach(Allocation::settle);
  }

  private Allocation range(String what, long address, long bytes) {
    Allocation found = find(address, bytes);
    if (found == null) {
      throw new IllegalAddress(
          String.format("%s: %,d bytes at 0x%x%s", what, bytes, address, describe(address)));
    }
    return found;
  }

  /// `; it is 4 bytes after the nearest allocation, 1,024 bytes "weights" at 0x200000000000`.
  public String describe(long address) {
    Allocation near = nearest(address);
    if (near == null) {
      return "; nothing is allocated";
    }
    String state = near.freed() ? "freed " : "";
    if (near.contains(address, 1)) {
      return String.format(
          "; it is inside, at +%,d, the %sallocation %s", address - near.base, state, near);
    }
    boolean before = address < near.base;
    long away = before ? near.base - address : address - near.base - near.size;
    return String.format(
        "; it is %,d bytes %s the nearest allocation, %s%s",
        away, before ? "before" : "after the end of", state, near);
  }
}
