#include "backends/reference/farm_hash.h"

#include <bit>
#include <utility>

namespace floe::reference {
namespace {

constexpr uint64_t k0 = 0xc3a5c85c97cb3127;
constexpr uint64_t k1 = 0xb492b66fbe98f273;
constexpr uint64_t k2 = 0x9ae16a3b2f90404f;

// Little-endian whatever the machine.
uint64_t Fetch(const unsigned char* p, int bytes) {
  uint64_t v = 0;
  for (int i = 0; i < bytes; ++i) v |= static_cast<uint64_t>(p[i]) << (8 * i);
  return v;
}
uint64_t Fetch64(const unsigned char* p) {
  return Fetch(p, 8);
}
uint64_t Fetch32(const unsigned char* p) {
  return Fetch(p, 4);
}

uint64_t ShiftMix(uint64_t v) {
  return v ^ (v >> 47);
}

uint64_t HashPair(uint64_t u, uint64_t v, uint64_t mul) {
  uint64_t a = (u ^ v) * mul;
  a ^= a >> 47;
  uint64_t b = (v ^ a) * mul;
  b ^= b >> 47;
  return b * mul;
}

uint64_t HashUpTo16(const unsigned char* s, size_t n) {
  if (n >= 8) {
    const uint64_t mul = k2 + n * 2;
    const uint64_t a = Fetch64(s) + k2;
    const uint64_t b = Fetch64(s + n - 8);
    const uint64_t c = std::rotr(b, 37) * mul + a;
    const uint64_t d = (std::rotr(a, 25) + b) * mul;
    return HashPair(c, d, mul);
  }
  if (n >= 4) {
    const uint64_t mul = k2 + n * 2;
    return HashPair(n + (Fetch32(s) << 3), Fetch32(s + n - 4), mul);
  }
  if (n > 0) {
    const uint64_t y = s[0] + (uint64_t{s[n >> 1]} << 8);
    const uint64_t z = n + (uint64_t{s[n - 1]} << 2);
    return ShiftMix(y * k2 ^ z * k0) * k2;
  }
  return k2;
}

uint64_t HashUpTo32(const unsigned char* s, size_t n) {
  const uint64_t mul = k2 + n * 2;
  const uint64_t a = Fetch64(s) * k1;
  const uint64_t b = Fetch64(s + 8);
  const uint64_t c = Fetch64(s + n - 8) * mul;
  const uint64_t d = Fetch64(s + n - 16) * k2;
  return HashPair(std::rotr(a + b, 43) + std::rotr(c, 30) + d, a + std::rotr(b + k2, 18) + c, mul);
}

uint64_t HashUpTo64(const unsigned char* s, size_t n) {
  const uint64_t mul = k2 + n * 2;
  const uint64_t a = Fetch64(s) * k2;
  const uint64_t b = Fetch64(s + 8);
  const uint64_t c = Fetch64(s + n - 8) * mul;
  const uint64_t d = Fetch64(s + n - 16) * k2;
  const uint64_t y = std::rotr(a + b, 43) + std::rotr(c, 30) + d;
  const uint64_t z = HashPair(y, a + std::rotr(b + k2, 18) + c, mul);
  const uint64_t e = Fetch64(s + 16) * mul;
  const uint64_t f = Fetch64(s + 24);
  const uint64_t g = (y + Fetch64(s + n - 32)) * mul;
  const uint64_t h = (z + Fetch64(s + n - 24)) * mul;
  return HashPair(std::rotr(e + f, 43) + std::rotr(g, 30) + h, e + std::rotr(f + a, 18) + g, mul);
}

// 48 bytes of state fed by 32 bytes of text and two seeds.
std::pair<uint64_t, uint64_t> WeakHash(const unsigned char* s, uint64_t a, uint64_t b) {
  const uint64_t w = Fetch64(s), x = Fetch64(s + 8), y = Fetch64(s + 16), z = Fetch64(s + 24);
  a += w;
  b = std::rotr(b + a + z, 21);
  const uint64_t c = a;
  a += x + y;
  b += std::rotr(a, 44);
  return {a + z, b + c};
}

uint64_t HashLong(const unsigned char* s, size_t n) {
  constexpr uint64_t kSeed = 81;
  uint64_t x = kSeed;
  uint64_t y = kSeed * k1 + 113;
  uint64_t z = ShiftMix(y * k2 + 113) * k2;
  std::pair<uint64_t, uint64_t> v = {0, 0};
  std::pair<uint64_t, uint64_t> w = {0, 0};
  x = x * k2 + Fetch64(s);
  const unsigned char* end = s + (n - 1) / 64 * 64;
  const unsigned char* last64 = end + ((n - 1) & 63) - 63;
  do {
    x = std::rotr(x + y + v.first + Fetch64(s + 8), 37) * k1;
    y = std::rotr(y + v.second + Fetch64(s + 48), 42) * k1;
    x ^= w.second;
    y += v.first + Fetch64(s + 40);
    z = std::rotr(z + w.first, 33) * k1;
    v = WeakHash(s, v.second * k1, x + w.first);
    w = WeakHash(s + 32, z + w.second, y + Fetch64(s + 16));
    std::swap(z, x);
    s += 64;
  } while (s != end);
  const uint64_t mul = k1 + ((z & 0xff) << 1);
  s = last64;
  w.first += (n - 1) & 63;
  v.first += w.first;
  w.first += v.first;
  x = std::rotr(x + y + v.first + Fetch64(s + 8), 37) * mul;
  y = std::rotr(y + v.second + Fetch64(s + 48), 42) * mul;
  x ^= w.second * 9;
  y += v.first * 9 + Fetch64(s + 40);
  z = std::rotr(z + w.first, 33) * mul;
  v = WeakHash(s, v.second * mul, x + w.first);
  w = WeakHash(s + 32, z + w.second, y + Fetch64(s + 16));
  std::swap(z, x);
  return HashPair(HashPair(v.first, w.first, mul) + ShiftMix(y) * k0 + z,
                  HashPair(v.second, w.second, mul) + x, mul);
}

}  // namespace

uint64_t Fingerprint64(std::string_view text) {
  const auto* s = reinterpret_cast<const unsigned char*>(text.data());
  const size_t n = text.size();
  if (n <= 16) return HashUpTo16(s, n);
  if (n <= 32) return HashUpTo32(s, n);
  if (n <= 64) return HashUpTo64(s, n);
  return HashLong(s, n);
}

}  // namespace floe::reference
