package dev.logitcl.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("java-path")
class VerifyCommandTest {
  @Test
  void theJavaPathKeepsTheRules() {
    Cli.Result result = Cli.run("verify", "--quick", "--device", "cpu", "--op", "softmax");
    assertEquals(0, result.code(), result.out());
    assertEquals("", result.err());
    assertTrue(result.out().contains(" rules hold on java"), result.out());
    assertTrue(result.out().contains("softmax backward"), result.out());
  }

  @Test
  void anotherSeedIsAnotherRun() {
    String one = Cli.run("verify", "--quick", "--device", "cpu", "--op", "logsumexp").out();
    String two =
        Cli.run("verify", "--quick", "--device", "cpu", "--op", "logsumexp", "--seed", "2").out();
    assertTrue(!one.equals(two), one);
  }
}
