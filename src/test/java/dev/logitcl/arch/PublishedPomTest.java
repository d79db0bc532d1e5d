package dev.logitcl.arch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.docs.Pages;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.xpath.XPath;
import javax.xml.xpath.XPathConstants;
import javax.xml.xpath.XPathFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;

/**
 * What users of the library get with it. Maven installs and deploys {@code pom.xml} as it is, and a
 * user's Maven reads it: dependencies of the scopes compile and runtime that are not optional.
 */
@Tag("once")
class PublishedPomTest {
  private static final Pattern PROPERTY = Pattern.compile("\\$\\{([^}]+)}");

  private final XPath xpath = XPathFactory.newInstance().newXPath();
  private Document pom;

  @BeforeEach
  void read() throws Exception {
    pom = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse("pom.xml");
  }

  @Test
  void usersGetThreeLibraries() throws Exception {
    List<String> inherited = new ArrayList<>();
    for (Node dependency : nodes("/project/dependencies/dependency")) {
      Set<String> forUs = Set.of("test", "provided", "system");
      if (!forUs.contains(text("scope", dependency))
          && !text("optional", dependency).equals("true")) {
        inherited.add(text("groupId", dependency) + ":" + text("artifactId", dependency));
      }
    }
    assertEquals(
        List.of("org.jocl:jocl", "org.slf4j:slf4j-api", "org.jspecify:jspecify"), inherited);
  }

  /**
   * A profile's dependencies are for its tests, or for what a cluster brings: they reach nobody.
   */
  @Test
  void profilesBringNothing() throws Exception {
    List<Node> dependencies = nodes("/project/profiles/profile/dependencies/dependency");
    for (Node dependency : dependencies) {
      String scope = text("scope", dependency);
      assertTrue(Set.of("test", "provided").contains(scope), text("artifactId", dependency));
    }
    assertFalse(dependencies.isEmpty());
  }

  /** What Maven Central refuses a release without. */
  @Test
  void thePomSaysWhoseAndWhere() throws Exception {
    for (String element : List.of("name", "description", "url", "inceptionYear")) {
      assertFalse(text(element, pom.getDocumentElement()).isEmpty(), element);
    }
    Node scm = nodes("/project/scm").get(0);
    for (String element : List.of("url", "connection", "developerConnection")) {
      assertTrue(
          text(element, scm).contains(text("url", pom.getDocumentElement())), "scm: " + element);
    }
    Node licence = nodes("/project/licenses/license").get(0);
    assertEquals("Apache-2.0", text("name", licence));
    Node developer = nodes("/project/developers/developer").get(0);
    assertEquals("The LogitCL developers", text("name", developer));
  }

  /** No plugin writes another POM to publish. */
  @Test
  void thePomIsPublishedAsItIs() throws Exception {
    assertEquals(List.of(), nodes("//plugin[artifactId='flatten-maven-plugin']"));
    for (Node shade : nodes("//plugin[artifactId='maven-shade-plugin']//configuration")) {
      assertEquals("false", text("createDependencyReducedPom", shade));
    }
  }

  /** What the page on other libraries tells users to take is what its programs are tested with. */
  @Test
  void thePageNamesTheVersionsThatAreTested() throws Exception {
    Set<String> tested = new TreeSet<>();
    String libraries = // all but what takes the place of the command kotlinc
        "/project/profiles/profile[id='interop']//dependency[not(contains(artifactId, 'compiler'))]";
    for (Node dependency : nodes(libraries)) {
      String classifier = text("classifier", dependency);
      tested.add(
          text("groupId", dependency)
              + (":" + text("artifactId", dependency))
              + (":" + text("version", dependency))
              + (classifier.isEmpty() ? "" : ":" + classifier));
    }
    Set<String> named =
        Pattern.compile("`([\\w.]+:[\\w.-]+:[\\w.:-]+)`")
            .matcher(Files.readString(Pages.INTEROP))
            .results()
            .map(found -> found.group(1))
            .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(named, tested);
  }

  private List<Node> nodes(String path) throws Exception {
    NodeList found = (NodeList) xpath.evaluate(path, pom, XPathConstants.NODESET);
    List<Node> nodes = new ArrayList<>();
    for (int i = 0; i < found.getLength(); i++) {
      nodes.add(found.item(i));
    }
    return nodes;
  }

  /** The text of a node's child, with the values of properties; empty without that child. */
  private String text(String child, Node node) throws Exception {
    String text = xpath.evaluate(child, node).strip();
    StringBuilder resolved = new StringBuilder();
    Matcher property = PROPERTY.matcher(text);
    while (property.find()) {
      String value = "/project/properties/*[name()='" + property.group(1) + "']";
      property.appendReplacement(resolved, xpath.evaluate(value, pom).strip());
    }
    return property.appendTail(resolved).toString();
  }
}
