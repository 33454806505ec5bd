// RIFF WAVE files with 16-bit PCM samples.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "backends/reference/kernels.h"

namespace floe::reference {
namespace {

struct Wav {
  int64_t channels = 0;
  int32_t rate = 0;
  std::string_view samples;  // 16 bits each, little endian, channels interleaved
};

class Chunks {
 public:
  Chunks(const OpCall& call, std::string_view bytes) : call_(call), rest_(bytes) {}

  std::string_view Take(size_t count) {
    if (count > rest_.size()) call_.FailValue("the WAV file ends early");
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }
  uint32_t Number(size_t bytes) {
    uint32_t value = 0;
    const std::string_view taken = Take(bytes);
    for (size_t i = 0; i < bytes; ++i)
      value |= static_cast<uint32_t>(static_cast<unsigned char>(taken[i])) << (8 * i);
    return value;
  }
  void Expect(std::string_view tag) {
    if (Take(tag.size()) != tag) call_.FailValue("expected a WAV file, found no '{}'", tag);
  }
  bool empty() const { return rest_.empty(); }
  size_t size() const { return rest_.size(); }

 private:
  const OpCall& call_;
  std::string_view rest_;
};

Wav Parse(const OpCall& call, std::string_view bytes) {
  Chunks file(call, bytes);
  file.Expect("RIFF");
  file.Number(4);
  file.Expect("WAVE");
  Wav wav;
  while (!file.empty()) {
    const std::string_view tag = file.Take(4);
    const size_t size = file.Number(4);
    if (tag == "fmt ") {
      Chunks format(call, file.Take(size));
      if (const uint32_t coding = format.Number(2); coding != 1)
        call.FailValue("expected PCM samples, found coding {}", coding);
      wav.channels = format.Number(2);
      wav.rate = static_cast<int32_t>(format.Number(4));
      format.Number(4);
      format.Number(2);
      if (const uint32_t bits = format.Number(2); bits != 16)
        call.FailValue("expected samples of 16 bits, found {}", bits);
      if (wav.channels == 0) call.FailValue("the WAV file has no channels");
    } else if (tag == "data") {
      if (wav.channels == 0) call.FailValue("the WAV file has no format");
      wav.samples = file.Take(size);
      return wav;
    } else {
      file.Take(std::min(size, file.size()));
    }
  }
  call.FailValue("the WAV file has no samples");
}

}  // namespace

void Run(const DecodeWav& op, OpCall& call) {
  if (call.in(0).dtype() != DType::kString) call.FailType(0);
  call.RequireRank(0, 0);
  const Wav wav = Parse(call, *call.in(0).data<std::string>());
  const int64_t in_file = static_cast<int64_t>(wav.samples.size()) / (2 * wav.channels);
  const int64_t samples = op.samples >= 0 ? call.Size(op.samples, "samples") : in_file;
  const int64_t channels = op.channels >= 0 ? op.channels : wav.channels;
  Tensor& y = call.Out(0, DType::kFloat32, {samples, channels});
  float* out = y.data<float>();
  for (int64_t i = 0; i < samples; ++i) {
    for (int64_t c = 0; c < channels; ++c) {
      int16_t value = 0;
      const int64_t from = c < wav.channels ? c : 0;
      if (i < in_file) {
        const auto at = static_cast<size_t>(2 * (i * wav.channels + from));
        value = static_cast<int16_t>(static_cast<unsigned char>(wav.samples[at]) |
                                     static_cast<unsigned char>(wav.samples[at + 1]) << 8);
      }
      out[i * channels + c] = static_cast<float>(value) / 32768.0f;
    }
  }
  call.Out(1, DType::kInt32, {}).data<int32_t>()[0] = wav.rate;
}

void Run(const EncodeWav&, OpCall& call) {
  call.RequireRank(0, 2);
  if (call.in(0).dtype() != DType::kFloat32) call.FailType(0);
  const int64_t samples = call.in(0).dims()[0], channels = call.in(0).dims()[1], rate = call.Int(1);
  if (rate <= 0 || rate > 0xffffffff) call.FailValue("a rate of {} samples a second", rate);
  if (channels < 1 || channels > 0xffff) call.FailValue("a WAV file of {} channels", channels);
  if (samples * channels > 0x7fffffd0 / 2) call.FailValue("{} samples are too many for a WAV file", samples);
  std::string file;
  const auto number = [&](int64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) file.push_back(static_cast<char>(value >> (8 * i)));
  };
  const int64_t size = 2 * samples * channels;
  file += "RIFF";
  number(36 + size, 4);
  file += "WAVEfmt ";
  number(16, 4);
  number(1, 2);  // PCM
  number(channels, 2);
  number(rate, 4);
  number(rate * channels * 2, 4);
  number(channels * 2, 2);
  number(16, 2);  // bits a sample
  file += "data";
  number(size, 4);
  const float* in = call.in(0).data<float>();
  for (int64_t i = 0; i < samples * channels; ++i) {
    const float clipped = std::min(32767.0f, std::max(-32768.0f, std::round(in[i] * 32768.0f)));
    number(static_cast<int16_t>(clipped), 2);
  }
  *call.Out(0, DType::kString, {}).data<std::string>() = std::move(file);
}

}  // namespace floe::reference
