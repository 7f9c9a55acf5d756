package dev.hindsight.draw;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A grid of a drawing: for each look the cells that have it.
record Grid(String attributes, Map<String, BitSet> cells) {
  static final Pattern GROUP =
      Pattern.compile("<g ([^>]*)transform=[^>]*>(.*?)</g>", Pattern.DOTALL);
  static final Pattern PATH = Pattern.compile("<path class=\"(\\w+)\" d=\"([^\"]*)\"/>");
  static final Pattern RUN = Pattern.compile("M(\\d+) (\\d+)h(\\d+)v(\\d+)h-\\d+z");

  static List<Grid> of(String svg, String kind, int columns) {
    List<Grid> grids = new ArrayList<>();
    for (Matcher group = GROUP.matcher(svg); group.find(); ) {
      if (group.group(1).contains("class=\"" + kind + "\"")) {
        Map<String, BitSet> cells = new TreeMap<>();
        for (Matcher path = PATH.matcher(group.group(2)); path.find(); ) {
          cells.put(path.group(1), cells(path.group(2), columns));
        }
        grids.add(new Grid(group.group(1), cells));
      }
    }
    return grids;
  }

  private static BitSet cells(String d, int columns) {
    BitSet cells = new BitSet();
    for (Matcher run = RUN.matcher(d); run.find(); ) {
      int x = Integer.parseInt(run.group(1));
      int y = Integer.parseInt(run.group(2));
      for (int row = y; row < y + Integer.parseInt(run.group(4)); row++) {
        cells.set(row * columns + x, row * columns + x + Integer.parseInt(run.group(3)));
      }
    }
    return cells;
  }

  /// The cells that have a look.
  BitSet of(String look) {
    return cells.getOrDefault(look, new BitSet());
  }

  int number(String attribute) {
    return Integer.parseInt(attributes.replaceFirst(".*" + attribute + "=\"(\\d+)\".*", "$1"));
  }
}
