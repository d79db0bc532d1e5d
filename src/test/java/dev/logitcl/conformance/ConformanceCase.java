package dev.logitcl.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.logitcl.cpu.CpuBackend;
import dev.logitcl.io.NpyReader;
import dev.logitcl.matrix.DType;
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
import java.util.stream.IntStream;
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

  /** A file and the shape that the json says it has. */
  record Tensor(Path file, List<Integer> shape) {
    long[] dims() {
      return shape.stream().mapToLong(Integer::longValue).toArray();
    }

    /** The elements, exactly. */
    double[] doubles() {
      double[] values = new double[shape.stream().reduce(1, (a, b) -> a * b)];
      try (CpuBackend heap = new CpuBackend();
          Matrix matrix = heap.share(values, values.length, 1);
          NpyReader reader = NpyReader.open(file)) {
        reader.readInto(matrix);
        return values;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    /** The elements as float32, rounded where they are float64. */
    float[] floats() {
      double[] values = doubles();
      float[] floats = new float[values.length];
      for (int i = 0; i < floats.length; i++) {
        floats[i] = (float) values[i];
      }
      return floats;
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

  /** The element type of its inputs and outputs. */
  DType dtype() {
    String name = json.get("inputs").get(0).get("dtype").asText();
    return name.equals("float64") ? DType.F64 : DType.F32;
  }

  /** Whether it can be computed in float32: but for those cases that the README names. */
  boolean fitsInFloat32() {
    return !json.path("strict").asBoolean(false)
        && !name().startsWith("scipy_softmax_wide_range_")
        && !name().equals("scipy_softmax_3d_two_axes")
        && !name().equals("tf_logsoftmax_largest_finite_float64");
  }

  double rtol() {
    return json.get("tolerance").get("rtol").asDouble();
  }

  double atol() {
    return json.get("tolerance").get("atol").asDouble();
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

  /** How losses are reduced. */
  String reduction() {
    return attribute("reduction").asText("mean");
  }

  /** Whether reduced axes stay, as 1. */
  boolean keepsDims() {
    return attribute("keepdims").asInt(1) == 1;
  }

  /** Class weights. */
  Optional<Tensor> weights() {
    return input("weights").or(() -> input("weight"));
  }

  /** The reduced or normalised axes, or that of the classes; all of them if the case names none. */
  int[] axes() {
    if (op().contains("Loss")) {
      return new int[] {1};
    }
    int[] axes = {attribute("axis").asInt(-1)};
    if (attribute("axes") instanceof ArrayNode given) {
      axes = StreamSupport.stream(given.spliterator(), false).mapToInt(JsonNode::asInt).toArray();
    } else if (input("axes").isPresent()) {
      axes = input("axes").get().indices();
    }
    return axes.length > 0 ? axes : IntStream.range(0, input().shape().size()).toArray();
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
