package dev.logitcl.split;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.backend.Backend;
import dev.logitcl.cpu.CpuBackend;
import dev.logitcl.split.Parts.Part;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PartsTest {
  private static List<Backend> backends(int count) {
    List<Backend> backends = new ArrayList<>();
    for (int k = 0; k < count; k++) {
      backends.add(CpuBackend.scalar(1));
    }
    return backends;
  }

  /** Two kinds of device, so that parts are by speed. */
  private static List<Backend> different() {
    return List.of(CpuBackend.scalar(1), Small.backend(CpuBackend.scalar(1), "other", 0, 0));
  }

  @ParameterizedTest
  @CsvSource({"1,1000,1,100", "2,1000,1,7", "3,1000,8,16", "2,5,5,5", "4,12,4,400", "2,1,1,1"})
  void everyRowIsDoneOnce(int number, long rows, long quantum, long most) {
    for (List<Backend> who : List.of(backends(number), different())) {
      List<Part> done = Collections.synchronizedList(new ArrayList<>());
      Parts parts = new Parts(who, rows, quantum, most);
      int count = parts.run((backend, part) -> done.add(part));
      done.sort(Comparator.comparingInt(Part::index));
      assertEquals(count, done.size());
      long next = 0;
      for (int k = 0; k < done.size(); k++) {
        Part part = done.get(k);
        assertEquals(k, part.index());
        assertEquals(next, part.from());
        assertTrue(part.rows() <= most, part.toString());
        assertTrue(part.to() == rows || part.rows() % quantum == 0, part.toString());
        next = part.to();
      }
      assertEquals(rows, next);
      long sum = 0;
      for (long own : parts.done()) {
        sum += own;
      }
      assertEquals(rows, sum);
    }
  }

  @Test
  void lanesOfOneDeviceGetPartsOfOneSize() {
    List<Long> sizes = Collections.synchronizedList(new ArrayList<>());
    new Parts(backends(2), 100, 1, 30).run((backend, part) -> sizes.add(part.rows()));
    Collections.sort(sizes);
    assertEquals(List.of(10L, 30L, 30L, 30L), sizes);
  }

  /** One that is slow is not known yet: with a large part it would be the last to end. */
  @Test
  void eachOfSeveralDevicesBeginsWithASmallPart() {
    List<Backend> who = different();
    CountDownLatch begun = new CountDownLatch(2);
    Map<Backend, Long> first = new ConcurrentHashMap<>();
    new Parts(who, 1000, 1, 80)
        .<RuntimeException>run(
            (backend, part) -> {
              if (first.putIfAbsent(backend, part.rows()) == null) {
                begun.countDown();
                await(begun);
              }
            });
    assertEquals(Map.of(who.get(0), 10L, who.get(1), 10L), first);
  }

  /** The second backend is held up in its first part until the other has done all the rest. */
  @Test
  void whoIsFreeTakesTheNext() {
    List<Backend> who = backends(2);
    CountDownLatch others = new CountDownLatch(9);
    CountDownLatch begun = new CountDownLatch(1);
    Parts parts = new Parts(who, 10, 1, 1);
    parts.<RuntimeException>run(
        (backend, part) -> {
          if (backend == who.get(1)) {
            begun.countDown();
            await(others);
          } else {
            await(begun);
            others.countDown();
          }
        });
    assertEquals(9, parts.done()[0]);
    assertEquals(1, parts.done()[1]);
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * The other thread fails when both have begun a part, and the caller's thread is held up in its
   * own until then.
   */
  @Test
  void aFailureEndsItAndIsThrown() {
    IOException failure = new IOException("disk");
    List<Backend> who = backends(2);
    List<Part> begun = Collections.synchronizedList(new ArrayList<>());
    CountDownLatch both = new CountDownLatch(2);
    CompletableFuture<Thread> failing = new CompletableFuture<>();
    IOException thrown =
        assertThrows(
            IOException.class,
            () ->
                new Parts(who, 1000, 1, 1)
                    .<IOException>run(
                        (backend, part) -> {
                          begun.add(part);
                          both.countDown();
                          await(both);
                          if (backend == who.get(1)) {
                            failing.complete(Thread.currentThread());
                            throw failure;
                          }
                          joinUninterrupted(failing.join());
                        }));
    assertSame(failure, thrown);
    assertEquals(2, begun.size());
  }

  private static void joinUninterrupted(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void refusesWhatMakesNoSense() {
    assertThrows(IllegalArgumentException.class, () -> new Parts(List.of(), 1, 1, 1));
    assertThrows(IllegalArgumentException.class, () -> new Parts(backends(1), 1, 4, 2));
    assertThrows(IllegalArgumentException.class, () -> new Parts(backends(1), 1, 4, 6));
  }
}
