package dev.logitcl.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.logitcl.cpu.CpuBackend;
import dev.logitcl.io.NpyReader;
import dev.logitcl.matrix.Matrix;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** A folder with a case.json and tensors; README.md beside them describes the format. */
final class ConformanceCase {
  private final Path folder;
  private final JsonNode json;

  private ConformanceCase(Path folder, JsonNode json) {
    this.folder = folder;
    this.json = json;
  }

  /** The resources' folder. */
  static Path root() {
    try {
      return Path.of(
          Objects.requireNonNull(
                  ConformanceCase.class.getResource("/conformance"), "the resources are missing")
              .toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** All cases, by name. */
  static List<ConformanceCase> all() {
    ObjectMapper mapper = new ObjectMapper();
    try (Stream<Path> files = Files.walk(root(), 3)) {
      List<ConformanceCase> cases = new ArrayList<>();
      for (Path file : files.filter(f -> f.endsWith("case.json")).sorted().toList()) {
        cases.add(new ConformanceCase(file.getParent(), mapper.readTree(file.toFile())));
      }
      return cases;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What the json says of a tensor. */
  record Tensor(Path file, List<Integer> shape) {
    int elements() {
      int elements = 1;
      for (int size : shape) {
        elements *= size;
      }
      return elements;
    }

    boolean isThere() {
      return Files.exists(file);
    }

    /** The elements as float32, rounded from float64 where they are. */
    float[] floats() {
      float[] values = new float[elements()];
      try (CpuBackend heap = new CpuBackend();
          Matrix matrix = heap.share(values, values.length, 1);
          NpyReader reader = NpyReader.open(file)) {
        reader.readInto(matrix);
        matrix.read(values);
        return values;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    int[] indices() {
      try (NpyReader reader = NpyReader.open(file)) {
        return reader.readIndices();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  String name() {
    return json.get("name").asText();
  }

  String op() {
    return json.get("op").asText();
  }

  boolean isFloat64() {
    return json.get("inputs").get(0).get("dtype").asText().equals("float64");
  }

  double rtol() {
    return json.get("tolerance").get("rtol").asDouble();
  }

  double atol() {
    return json.get("tolerance").get("atol").asDouble();
  }

  boolean isStrict() {
    return json.path("strict").asBoolean(false);
  }

  Tensor input() {
    return tensor(json.get("inputs").get(0));
  }

  Optional<Tensor> input(String role) {
    return find("inputs", role);
  }

  Optional<Tensor> output(String role) {
    return find("outputs", role);
  }

  /** An attribute, or a node whose {@code isMissingNode()} is true. */
  JsonNode attribute(String name) {
    return json.get("attributes").path(name);
  }

  /** The reduced or normalised axes, from 0. */
  List<Integer> axes() {
    int rank = input().shape().size();
    List<Integer> axes = new ArrayList<>();
    if (attribute("axes") instanceof ArrayNode given) {
      given.forEach(axis -> axes.add(axis.asInt()));
    } else if (input("axes").isPresent()) {
      for (int axis : input("axes").get().indices()) {
        axes.add(axis);
      }
    } else {
      axes.add(attribute("axis").asInt(-1));
    }
    if (axes.isEmpty()) {
      for (int axis = 0; axis < rank; axis++) {
        axes.add(axis);
      }
    }
    return axes.stream().map(axis -> axis < 0 ? axis + rank : axis).toList();
  }

  /** Inputs and outputs. */
  Stream<Tensor> tensors() {
    return Stream.of("inputs", "outputs")
        .flatMap(list -> StreamSupport.stream(json.get(list).spliterator(), false))
        .map(this::tensor);
  }

  private Optional<Tensor> find(String list, String role) {
    for (JsonNode tensor : json.get(list)) {
      if (tensor.get("role").asText().equals(role)) {
        return Optional.of(tensor(tensor));
      }
    }
    return Optional.empty();
  }

  private Tensor tensor(JsonNode node) {
    List<Integer> shape = new ArrayList<>();
    node.get("shape").forEach(size -> shape.add(size.asInt()));
    return new Tensor(folder.resolve(node.get("file").asText()), shape);
  }

  @Override
  public String toString() {
    return name();
  }
}
