package dev.logitcl.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class UnitsTest {
  @Test
  void threeDigitsAndAUnit() {
    assertEquals("-", Units.bytes(0));
    assertEquals("512 B", Units.bytes(512));
    assertEquals("2 GiB", Units.bytes(2L << 30));
    assertEquals("1.50 MiB", Units.bytes(3 << 19));
    assertEquals("7.00 ns", Units.nanoseconds(7));
    assertEquals("850 ns", Units.nanoseconds(850));
    assertEquals("12.3 us", Units.nanoseconds(12_345));
    assertEquals("1.23 ms", Units.nanoseconds(1_234_567));
    assertEquals("5.00 us", Units.nanoseconds(5000));
    assertEquals("123 s", Units.nanoseconds(123_000_000_000L));
    assertEquals("1000 s", Units.nanoseconds(1_000_000_000_000L));
    assertEquals("0", Units.error(0));
    assertEquals("1.2e-7", Units.error(1.2e-7));
    assertEquals("3.0e10", Units.error(3e10));
    assertEquals("inf", Units.error(Double.MAX_VALUE));
  }
}
