package dev.logitcl;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.util.List;
import org.slf4j.LoggerFactory;

/** What a class logs while this is open; nothing of it is printed. */
public final class Heard implements AutoCloseable {
  private final Logger logger;
  private final ListAppender<ILoggingEvent> events = new ListAppender<>();

  private Heard(Logger logger) {
    this.logger = logger;
    events.start();
    logger.setLevel(Level.TRACE);
    logger.setAdditive(false);
    logger.addAppender(events);
  }

  /** Listens to a class. */
  public static Heard by(Class<?> type) {
    return new Heard((Logger) LoggerFactory.getLogger(type));
  }

  /** Lines at a level or above it since the last time, {@code WARN text}. */
  public List<String> take(Level level) {
    List<ILoggingEvent> heard;
    synchronized (events) { // as it does while it appends; a line between the two would be lost
      heard = List.copyOf(events.list);
      events.list.clear();
    }
    return heard.stream()
        .filter(event -> event.getLevel().isGreaterOrEqual(level))
        .map(event -> event.getLevel() + " " + event.getFormattedMessage())
        .toList();
  }

  @Override
  public void close() {
    logger.detachAppender(events);
    logger.setAdditive(true);
    logger.setLevel(null);
  }
}
