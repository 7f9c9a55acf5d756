package dev.hindsight.softgpu.driver;

import static jcuda.driver.JCudaDriver.*;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import jcuda.driver.CUcontext;
import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import org.junit.jupiter.api.Test;

class StreamCallsTest extends DriverTest {
  private static CUstream stream(int flags) {
    CUstream made = new CUstream();
    ok(cuStreamCreate(made, flags));
    return made;
  }

  private static CUevent event(int flags) {
    CUevent made = new CUevent();
    ok(cuEventCreate(made, flags));
    return made;
  }

  @Test
  void streamsKnowWhatTheyAre() {
    CUstream stream = new CUstream();
    ok(cuStreamCreateWithPriority(stream, 1, -99));
    int[] value = {7};
    ok(cuStreamGetPriority(stream, value));
    assertThat(value[0]).isEqualTo(-5);
    ok(cuStreamGetFlags(stream, value));
    assertThat(value[0]).isEqualTo(1);
    CUcontext of = new CUcontext();
    ok(cuStreamGetCtx(stream, of));
    assertThat(of).isEqualTo(context);
    long[] one = {0};
    long[] other = {0};
    ok(cuStreamGetId(stream, one));
    ok(cuStreamGetId(stream(0), other));
    assertThat(one[0]).isNotEqualTo(other[0]);
    ok(cuStreamQuery(stream));
    ok(cuStreamSynchronize(stream));
    ok(cuStreamSynchronize(CU_STREAM_LEGACY));
    ok(cuStreamSynchronize(CU_STREAM_PER_THREAD));
    ok(cuStreamDestroy(stream));
    fails(cuStreamQuery(stream), CudaResult.INVALID_HANDLE);
    fails(cuStreamCreate(stream, 8), CudaResult.INVALID_VALUE);
  }

  @Test
  void eventsTellTheTimeBetweenThem() {
    CUstream stream = stream(0);
    CUevent start = event(CUevent_flags.CU_EVENT_DEFAULT);
    CUevent end = event(CUevent_flags.CU_EVENT_DEFAULT);
    float[] milliseconds = {-1};
    assertThat(cuEventElapsedTime(milliseconds, start, end))
        .as("never recorded")
        .isEqualTo(CUresult.CUDA_ERROR_INVALID_HANDLE);
    ok(cuEventQuery(start));
    ok(cuEventRecord(start, stream));
    ok(cuEventRecord(end, stream));
    ok(cuStreamWaitEvent(stream(1), end, 0));
    ok(cuEventSynchronize(end));
    ok(cuEventElapsedTime(milliseconds, start, end));
    assertThat(milliseconds[0]).isNotNegative();
    float[] back = {0};
    ok(cuEventElapsedTime(back, end, start));
    assertThat(back[0]).isEqualTo(-milliseconds[0]);
    CUevent untimed = event(CUevent_flags.CU_EVENT_DISABLE_TIMING);
    ok(cuEventRecord(untimed, stream));
    fails(cuEventElapsedTime(back, start, untimed), CudaResult.INVALID_HANDLE);
    ok(cuEventDestroy(start));
    fails(cuEventRecord(start, stream), CudaResult.INVALID_HANDLE);
  }

  @Test
  void hostFunctionsRunAndMayNotCallCuda() {
    List<Object> seen = new ArrayList<>();
    CUstream stream = stream(0);
    ok(
        cuLaunchHostFunc(
            stream,
            data -> {
              seen.add(data);
              seen.add(cuCtxSynchronize());
            },
            "data"));
    ok(
        cuStreamAddCallback(
            stream,
            (in, status, data) -> {
              seen.add(in);
              seen.add(status);
              seen.add(data);
            },
            "more",
            0));
    assertThat(seen).containsExactly("data", CUresult.CUDA_ERROR_NOT_PERMITTED, stream, 0, "more");
    ok(cuCtxSynchronize());
  }
}
