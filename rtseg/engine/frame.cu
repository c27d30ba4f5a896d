// What happens to a frame on the GPU, before and after the network. kernels.py packs the arguments.
//
// One source for nvcc, NVRTC and, behind the shim of the tests, g++: so it includes nothing and
// uses neither shared memory nor barriers. (H, W) is the picture, (h, w) the network.

#ifdef __CUDACC__
__device__ inline unsigned short half_bits(float value) {
  unsigned short bits;
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(bits) : "f"(value));
  return bits;
}
#endif

struct Sampling {
  int pitch;                                    // bytes from one row of the picture to the next
  int factor;                                   // blocks of factor x factor pixels are averaged
  int rows, columns;                            // of the averaged picture
  int height, width;                            // of the network
  int top, left, content_height, content_width; // where in the network the picture lies
  int rounded;                                  // to whole levels after each step, as OpenCV does
  float share;                                  // 1 / factor^2
};

struct Levels {
  float mean[3], scale[3];  // in the network's order; scale is 1 / std
  int swapped;              // the network's order of channels is not the picture's
};

struct Conversion {  // from Y'CbCr, in 1 / 2^20
  int black;         // the level of Y' that is black
  int luma, red_v, green_u, green_v, blue_u;
};

struct Stretch {  // the label at position p is (step * (2 p + 1) + start) / length, rounded down
  unsigned step, start, length;
};

struct Blending {
  int height, width;
  int source_pitch, target_pitch, labels_pitch;
  Stretch down, across;
};

struct Packed {
  const unsigned char* pixels;

  __device__ void add(const Sampling& sampling, int row, int column, int* sum) const {
    const unsigned char* pixel = pixels + (size_t)row * sampling.pitch + 3 * column;
    for (int channel = 0; channel < 3; ++channel) sum[channel] += pixel[channel];
  }
};

__device__ inline int clamped(int value, int most) { return min(max(value, 0), most); }

struct Nv12 {
  const unsigned char* luma;
  const unsigned char* chroma;  // one U V pair for a block of 2 x 2 pixels
  Conversion conversion;

  __device__ void add(const Sampling& sampling, int row, int column, int* sum) const {
    const unsigned char* pair = chroma + (size_t)(row / 2) * sampling.pitch + column / 2 * 2;
    int level = luma[(size_t)row * sampling.pitch + column];
    int gray = max(level - conversion.black, 0) * conversion.luma + (1 << 19);
    int u = pair[0] - 128, v = pair[1] - 128;
    sum[0] += clamped((gray + conversion.red_v * v) >> 20, 255);
    sum[1] += clamped((gray + conversion.green_u * u + conversion.green_v * v) >> 20, 255);
    sum[2] += clamped((gray + conversion.blue_u * u) >> 20, 255);
  }
};

struct Position {
  int first, second;
  float fraction;  // of the second
  int weight;      // the same in 1 / 2048, from a place that OpenCV has rounded to FP32
};

// dividend / divisor in [0, 1), rounded to odd: whatever it is added to, the sum is rounded as if
// the quotient had been exact.
__device__ inline float odd_quotient(int dividend, int divisor) {
  float quotient = __fdiv_rn((float)dividend, (float)divisor);
  float rest = __fmaf_rn(-quotient, (float)divisor, (float)dividend);
  int bits = __float_as_int(quotient);
  if (rest != 0.0f && bits % 2 == 0) bits += rest > 0.0f ? 1 : -1;
  return __int_as_float(bits);
}

// (place + 1/2) * length / places - 1/2: the centre of a pixel, seen from the averaged picture
__device__ inline Position position(int place, int places, int length) {
  int dividend = (2 * place + 1) * length - places;
  int whole = dividend < 0 ? -1 : dividend / (2 * places);
  Position found;
  found.first = clamped(whole, length - 1);
  found.second = clamped(whole + 1, length - 1);
  found.fraction = odd_quotient(dividend - whole * 2 * places, 2 * places);
  float center = __fadd_rn((float)whole, found.fraction);
  found.weight = __float2int_rn((center - (float)whole) * 2048.0f);
  return found;
}

template <class Source>
__device__ inline void average(const Source& source, const Sampling& sampling, int row, int column,
                               float* level) {
  int sum[3] = {0, 0, 0};
  for (int y = 0; y < sampling.factor; ++y)
    for (int x = 0; x < sampling.factor; ++x)
      source.add(sampling, row * sampling.factor + y, column * sampling.factor + x, sum);
  for (int channel = 0; channel < 3; ++channel) {
    float exact = __fmul_rn((float)sum[channel], sampling.share);
    // OpenCV rounds halves up for 2 x 2, to even for all others
    int whole = sampling.factor == 2 ? (sum[channel] + 2) >> 2 : __float2int_rn(exact);
    level[channel] = sampling.rounded ? (float)whole : exact;
  }
}

__device__ inline float between(float first, float second, float fraction) {
  return __fmaf_rn(second - first, fraction, first);
}

// OpenCV's bilinear interpolation of bytes: weights of 11 bits, four bits dropped between the steps
__device__ inline float between_whole(const float* corner, int across, int down) {
  int upper = (int)corner[0] * (2048 - across) + (int)corner[3] * across;
  int lower = (int)corner[6] * (2048 - across) + (int)corner[9] * across;
  return (float)(((((2048 - down) * (upper >> 4)) >> 16) + ((down * (lower >> 4)) >> 16) + 2) >> 2);
}

template <class Source>
__device__ inline void sample(const Source& source, const Sampling& sampling, int row, int column,
                              float* level) {
  Position y = position(row, sampling.content_height, sampling.rows);
  Position x = position(column, sampling.content_width, sampling.columns);
  float corner[12];
  average(source, sampling, y.first, x.first, corner);
  average(source, sampling, y.first, x.second, corner + 3);
  average(source, sampling, y.second, x.first, corner + 6);
  average(source, sampling, y.second, x.second, corner + 9);
  for (int channel = 0; channel < 3; ++channel) {
    float upper = between(corner[channel], corner[channel + 3], x.fraction);
    float lower = between(corner[channel + 6], corner[channel + 9], x.fraction);
    level[channel] = sampling.rounded ? between_whole(corner + channel, x.weight, y.weight)
                                      : between(upper, lower, y.fraction);
  }
}

__device__ inline void store(float* target, float value) { *target = value; }
__device__ inline void store(unsigned short* target, float value) { *target = half_bits(value); }

// One thread for each pixel of the network. Around a picture that does not fill it lies the mean.
template <class Source, class Value>
__device__ inline void prepare(const Source& source, Value* input, const Sampling& sampling,
                               const Levels& levels) {
  int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
  if (x >= sampling.width || y >= sampling.height) return;
  int row = y - sampling.top, column = x - sampling.left;
  bool inside = row >= 0 && row < sampling.content_height && column >= 0 &&
                column < sampling.content_width;
  float level[3];
  if (inside) sample(source, sampling, row, column, level);
  size_t plane = (size_t)sampling.height * sampling.width;
  Value* target = input + (size_t)y * sampling.width + x;
  for (int channel = 0; channel < 3; ++channel) {
    float value = levels.swapped ? level[2 - channel] : level[channel];
    value = __fmul_rn(__fsub_rn(value, levels.mean[channel]), levels.scale[channel]);
    store(target + channel * plane, inside ? value : 0.0f);
  }
}

extern "C" __global__ void prepare_packed_fp32(const unsigned char* pixels, float* input,
                                               Sampling sampling, Levels levels) {
  prepare(Packed{pixels}, input, sampling, levels);
}

extern "C" __global__ void prepare_packed_fp16(const unsigned char* pixels, unsigned short* input,
                                               Sampling sampling, Levels levels) {
  prepare(Packed{pixels}, input, sampling, levels);
}

extern "C" __global__ void prepare_nv12_fp32(const unsigned char* luma, const unsigned char* chroma,
                                             float* input, Sampling sampling, Levels levels,
                                             Conversion conversion) {
  prepare(Nv12{luma, chroma, conversion}, input, sampling, levels);
}

extern "C" __global__ void prepare_nv12_fp16(const unsigned char* luma, const unsigned char* chroma,
                                             unsigned short* input, Sampling sampling,
                                             Levels levels, Conversion conversion) {
  prepare(Nv12{luma, chroma, conversion}, input, sampling, levels);
}

__device__ inline size_t under(int place, const Stretch& stretch) {
  return (stretch.step * (2 * place + 1) + stretch.start) / stretch.length;
}

// One thread for each pixel of the picture; target may be source. weights: (256, 4), by label the
// share of the picture that is kept and what is added to its three channels, all in 1 / 256.
extern "C" __global__ void overlay(const unsigned char* source, unsigned char* target,
                                   const unsigned char* labels, const unsigned short* weights,
                                   Blending blending) {
  int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
  if (x >= blending.width || y >= blending.height) return;
  size_t place = under(y, blending.down) * blending.labels_pitch + under(x, blending.across);
  const unsigned short* weight = weights + 4 * labels[place];
  const unsigned char* from = source + (size_t)y * blending.source_pitch + 3 * x;
  unsigned char* to = target + (size_t)y * blending.target_pitch + 3 * x;
  for (int channel = 0; channel < 3; ++channel)
    to[channel] = (unsigned char)((from[channel] * weight[0] + weight[1 + channel]) >> 8);
}
