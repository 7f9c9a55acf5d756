package dev.hindsight.predict;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.hindsight.backend.Precision;
import dev.hindsight.error.UserException;
import org.junit.jupiter.api.Test;

class GpuRatesTest {
  /// The FP32 peaks of the data sheets.
  @Test
  void lanesAndClockGiveThePeakOfTheDataSheet() {
    assertThat(GpuRates.H100.teraflops(Precision.FP32)).isCloseTo(67, within(0.5));
    assertThat(GpuRates.A100.teraflops(Precision.FP32)).isCloseTo(19.5, within(0.1));
    assertThat(GpuRates.RTX_4090.teraflops(Precision.FP32)).isCloseTo(82.6, within(0.1));
    assertThat(GpuRates.T4.teraflops(Precision.FP32)).isCloseTo(8.1, within(0.1));
  }

  @Test
  void isFoundByWhatPeopleCallIt() {
    assertThat(GpuRates.named("h100")).isSameAs(GpuRates.H100);
    assertThat(GpuRates.named("H100 SXM")).isSameAs(GpuRates.H100);
    assertThat(GpuRates.named("4090")).isSameAs(GpuRates.RTX_4090);
    assertThat(GpuRates.named("rtx4090")).isSameAs(GpuRates.RTX_4090);
    assertThatThrownBy(() -> GpuRates.named("V100"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("V100")
        .hasMessageContaining("H100, A100, RTX 4090, T4");
    assertThatThrownBy(() -> GpuRates.named("")).isInstanceOf(UserException.class);
  }

  @Test
  void refusesAPrecisionThatItDoesNotHave() {
    assertThatThrownBy(() -> GpuRates.T4.require(Precision.BF16))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("fp32");
    assertThat(GpuRates.T4.require(Precision.FP32)).isSameAs(GpuRates.T4);
  }
}
