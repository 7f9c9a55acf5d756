package dev.hindsight.format;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.function.IntFunction;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.ImageWriter;
import javax.imageio.metadata.IIOMetadata;
import javax.imageio.metadata.IIOMetadataNode;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/// Encodes frames as a GIF that loops: greys as they are, colours by a palette of each frame.
public final class Gif {
  private static final String FORMAT = "javax_imageio_gif_image_1.0";
  private static final byte[] FOR_EVER = {1, 0, 0};

  private Gif() {}

  /// The GIF file.
  ///
  /// @param channels of a pixel: 1, from 0 black to 255 white, or 3, red, green and blue
  /// @param frames how many there are
  /// @param frame the pixels of a frame in raster order
  /// @param hundredths how long a frame stays, in 1/100 s
  /// @param last how long the last one stays
  public static byte[] encode(
      int width,
      int height,
      int channels,
      int frames,
      IntFunction<byte[]> frame,
      int hundredths,
      int last) {
    ImageWriter writer = ImageIO.getImageWritersByFormatName("gif").next();
    var bytes = new ByteArrayOutputStream();
    try (var out = new MemoryCacheImageOutputStream(bytes)) {
      writer.setOutput(out);
      writer.prepareWriteSequence(null);
      for (int k = 0; k < frames; k++) {
        BufferedImage image = image(width, height, channels, frame.apply(k));
        int stays = k == frames - 1 ? last : hundredths;
        writer.writeToSequence(new IIOImage(image, null, metadata(writer, image, stays)), null);
      }
      writer.endWriteSequence();
    } catch (IOException e) {
      throw new IllegalStateException("memory cannot fail", e);
    } finally {
      writer.dispose();
    }
    return bytes.toByteArray();
  }

  private static BufferedImage image(int width, int height, int channels, byte[] pixels) {
    int type = channels == 1 ? BufferedImage.TYPE_BYTE_GRAY : BufferedImage.TYPE_3BYTE_BGR;
    BufferedImage image = new BufferedImage(width, height, type);
    image.getRaster().setDataElements(0, 0, width, height, pixels);
    return image;
  }

  private static IIOMetadata metadata(ImageWriter writer, BufferedImage image, int hundredths)
      throws IOException {
    IIOMetadata metadata =
        writer.getDefaultImageMetadata(ImageTypeSpecifier.createFromRenderedImage(image), null);
    var control = new IIOMetadataNode("GraphicControlExtension");
    control.setAttribute("disposalMethod", "none");
    control.setAttribute("userInputFlag", "FALSE");
    control.setAttribute("transparentColorFlag", "FALSE");
    control.setAttribute("transparentColorIndex", "0");
    control.setAttribute("delayTime", Integer.toString(hundredths));
    var loop = new IIOMetadataNode("ApplicationExtension");
    loop.setAttribute("applicationID", "NETSCAPE");
    loop.setAttribute("authenticationCode", "2.0");
    loop.setUserObject(FOR_EVER);
    var extensions = new IIOMetadataNode("ApplicationExtensions");
    extensions.appendChild(loop);
    var root = new IIOMetadataNode(FORMAT);
    root.appendChild(control);
    root.appendChild(extensions);
    metadata.mergeTree(FORMAT, root);
    return metadata;
  }
}
