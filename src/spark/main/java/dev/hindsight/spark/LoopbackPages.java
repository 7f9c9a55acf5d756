package dev.hindsight.spark;

import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.apache.spark.SparkConf;
import scala.Tuple2;

/// Settings with which Spark's masters and workers, which always open their web pages, open them on
/// loopback and refuse every request: the secret does not protect them.
final class LoopbackPages extends SparkConf {
  private static final long serialVersionUID = 1;

  LoopbackPages() {
    this(true);
  }

  private LoopbackPages(boolean defaults) {
    super(defaults);
    set("spark.master.rest.enabled", "false");
    set("spark.ui.filters", Closed.class.getName());
  }

  /// Spark asks here, and nowhere else, where its pages listen.
  @Override
  public String getenv(String name) {
    return name.equals("SPARK_LOCAL_IP") ? Settings.LOOPBACK : super.getenv(name);
  }

  @Override
  public SparkConf clone() {
    SparkConf copy = new LoopbackPages(false);
    for (Tuple2<String, String> each : getAll()) {
      copy.set(each._1(), each._2());
    }
    return copy;
  }

  /// Refuses every request.
  public static final class Closed implements Filter {
    @Override
    public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
        throws IOException {
      ((HttpServletResponse) response).sendError(HttpServletResponse.SC_FORBIDDEN);
    }
  }
}
