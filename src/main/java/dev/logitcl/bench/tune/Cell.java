package dev.logitcl.bench.tune;

import dev.logitcl.matrix.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The rows and columns for which a measured shape speaks.
 *
 * @param rows number of rows
 * @param cols number of columns
 */
record Cell(Span rows, Span cols) {
  /** Beyond a shape and without another measured one there, it speaks for so many times as much. */
  private static final int REACH = 2;

  /**
   * An inclusive range of numbers.
   *
   * @param from 0: open
   * @param to the largest long: open
   */
  record Span(long from, long to) {
    /** As a table has it: {@code *}, {@code ..7}, {@code 8..}, {@code 8..9}. */
    @Override
    public String toString() {
      if (from == 0 && to == Long.MAX_VALUE) {
        return "*";
      }
      return (from == 0 ? "" : from) + ".." + (to == Long.MAX_VALUE ? "" : to);
    }

    private boolean borders(Span next) {
      return to != Long.MAX_VALUE && to + 1 == next.from;
    }

    /** The numbers nearest to one of several, by their ratio. */
    private static Span around(long value, NavigableSet<Long> all, boolean whole) {
      Long below = all.lower(value);
      Long above = all.higher(value);
      long from = below == null ? 0 : middle(below, value) + 1;
      long to = above == null ? Long.MAX_VALUE : middle(value, above);
      return whole
          ? new Span(from, to)
          : new Span(Math.max(from, (value + REACH - 1) / REACH), Math.min(to, REACH * value));
    }

    /** Nearer to the first, by their ratio, than to the second. */
    private static long middle(long one, long two) {
      return (long) Math.sqrt((double) one * two);
    }
  }

  /**
   * The cells of shapes; no two overlap.
   *
   * @param whole whether they are a sample of all shapes, so that the outermost cells are open;
   *     else each speaks for its neighbourhood
   */
  static Map<Shape, Cell> of(List<Shape> shapes, boolean whole) {
    TreeMap<Long, NavigableSet<Long>> rowsByCols = new TreeMap<>();
    for (Shape shape : shapes) {
      rowsByCols.computeIfAbsent(shape.cols(), cols -> new TreeSet<>()).add(shape.rows());
    }
    Map<Shape, Cell> cells = new LinkedHashMap<>();
    rowsByCols.forEach(
        (cols, allRows) -> {
          Span colSpan = Span.around(cols, rowsByCols.navigableKeySet(), whole);
          for (long rows : allRows) {
            cells.put(new Shape(rows, cols), new Cell(Span.around(rows, allRows, whole), colSpan));
          }
        });
    return cells;
  }

  /** The two as one cell, or null if they do not make up a rectangle. */
  @Nullable Cell joined(Cell next) {
    if (cols.equals(next.cols) && rows.borders(next.rows)) {
      return new Cell(new Span(rows.from, next.rows.to), cols);
    }
    if (rows.equals(next.rows) && cols.borders(next.cols)) {
      return new Cell(rows, new Span(cols.from, next.cols.to));
    }
    return null;
  }

  /** A cell and the measured shapes in it. */
  record Region(Cell cell, List<Shape> shapes) {}

  /** Neighbours put together as far as rectangles go: rows first, then columns. */
  static List<Region> merged(Map<Shape, Cell> cells) {
    List<Region> regions = new ArrayList<>();
    cells.forEach((shape, cell) -> regions.add(new Region(cell, List.of(shape))));
    boolean found = true;
    while (found) {
      found = false;
      for (int i = 0; i < regions.size() && !found; i++) {
        for (int j = 0; j < regions.size() && !found; j++) {
          Cell cell = regions.get(i).cell().joined(regions.get(j).cell());
          if (cell != null) {
            List<Shape> shapes = new ArrayList<>(regions.get(i).shapes());
            shapes.addAll(regions.get(j).shapes());
            regions.set(i, new Region(cell, List.copyOf(shapes)));
            regions.remove(j);
            found = true;
          }
        }
      }
    }
    return regions;
  }
}
