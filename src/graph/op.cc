#include "graph/op.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <utility>

#include "base/check.h"
#include "base/hash.h"

namespace floe {
namespace {

template <typename T>
constexpr size_t FieldCount() {
  return std::tuple_size_v<decltype(T::Fields())>;
}

template <typename T>
std::string_view FieldName([[maybe_unused]] size_t i) {
  std::string_view name;
  [&]<size_t... I>(std::index_sequence<I...>) {
    ((I == i ? void(name = std::get<I>(T::Fields()).name) : void()), ...);
  }
  (std::make_index_sequence<FieldCount<T>()>());
  return name;
}

template <typename T>
FieldRef FieldOf(Op& op, [[maybe_unused]] size_t i) {
  FieldRef ref;
  [[maybe_unused]] T& self = OpAs<T>(op);
  [&]<size_t... I>(std::index_sequence<I...>) {
    ((I == i ? void(ref = MakeFieldRef(self.*(std::get<I>(T::Fields()).member))) : void()), ...);
  }
  (std::make_index_sequence<FieldCount<T>()>());
  return ref;
}

template <typename T>
constexpr std::span<const std::string_view> Kinds() {
  if constexpr (requires(T op) { EnumNames(op.kind); }) {
    return EnumNames(T{}.kind);
  } else {
    return {};
  }
}

template <typename T>
OpInfo MakeInfo() {
  return {
      T::kName, T::kTraits, Kinds<T>(), FieldCount<T>(), FieldName<T>, FieldOf<T>, [] { return Op(T{}); }};
}

template <typename... Ts>
auto MakeTable(OpTypeList<Ts...>) {
  return std::array<OpInfo, sizeof...(Ts)>{MakeInfo<Ts>()...};
}

// What a std::variant would do of itself.
struct OpLife {
  void (*copy)(void* to, const void* from);
  void (*move)(void* to, void* from);
  void (*destroy)(void* op);
};

template <typename T>
constexpr OpLife LifeOf() {
  static_assert(std::is_nothrow_move_constructible_v<T>);
  return {[](void* to, const void* from) { new (to) T(*static_cast<const T*>(from)); },
          [](void* to, void* from) { new (to) T(std::move(*static_cast<T*>(from))); },
          [](void* op) { static_cast<T*>(op)->~T(); }};
}

template <typename... Ts>
constexpr std::array<OpLife, sizeof...(Ts)> MakeLives(OpTypeList<Ts...>) {
  return {LifeOf<Ts>()...};
}
constexpr auto kLives = MakeLives(OpTypes());

FieldRef FieldAt(const Op& op, size_t i) {
  return InfoOf(op).field(const_cast<Op&>(op), i);
}

bool IsKind(const OpInfo& info, size_t i) {
  return !info.kinds.empty() && info.field_name(i) == "kind";
}

struct FieldEqual {
  const FieldRef& other;
  bool operator()(const EnumRef& a) const { return *a.value == *std::get<EnumRef>(other).value; }
  template <typename T>
  bool operator()(const T* a) const {
    return *a == *std::get<T*>(other);
  }
};

struct FieldPrinter {
  std::string operator()(const EnumRef& e) const {
    return std::string(*e.value < e.names.size() ? e.names[*e.value] : "?");
  }
  std::string operator()(const bool* v) const { return *v ? "true" : "false"; }
  std::string operator()(const int64_t* v) const { return std::to_string(*v); }
  std::string operator()(const double* v) const { return fmt::format("{}", *v); }
  std::string operator()(const DType* v) const { return std::string(DTypeName(*v)); }
  std::string operator()(const std::string* v) const {
    const std::string listed = fmt::format("{}", std::vector<std::string>{*v});  // ["..."] with escapes
    return listed.substr(1, listed.size() - 2);
  }
  template <typename T>
  std::string operator()(const std::vector<T>* v) const {
    return fmt::format("{}", *v);
  }
};

std::string PrintField(const FieldRef& ref) {
  return std::visit(FieldPrinter{}, ref);
}

}  // namespace

Op::Op() : Op(Unary()) {}
Op::Op(const Op& other) : index_(other.index_) {
  kLives[index_].copy(storage_, other.storage_);
}
Op::Op(Op&& other) noexcept : index_(other.index_) {
  kLives[index_].move(storage_, other.storage_);
}
Op& Op::operator=(const Op& other) {
  return *this = Op(other);
}
Op& Op::operator=(Op&& other) noexcept {
  if (this == &other) return *this;
  kLives[index_].destroy(storage_);
  index_ = other.index_;
  kLives[index_].move(storage_, other.storage_);
  return *this;
}
Op::~Op() {
  kLives[index_].destroy(storage_);
}

std::span<const OpInfo> AllOps() {
  static const auto table = MakeTable(OpTypes());
  return table;
}

const OpInfo& InfoOf(const Op& op) {
  return AllOps()[op.index()];
}

std::string_view OpName(const Op& op) {
  const OpInfo& info = InfoOf(op);
  if (info.kinds.empty()) return info.name;
  const uint8_t kind = *std::get<EnumRef>(FieldAt(op, 0)).value;  // `kind` is the first field
  CHECK(kind < info.kinds.size());
  return info.kinds[kind];
}

std::optional<Op> MakeOp(std::string_view name) {
  for (const OpInfo& info : AllOps()) {
    if (info.kinds.empty()) {
      if (info.name == name) return info.make();
      continue;
    }
    for (size_t k = 0; k < info.kinds.size(); ++k) {
      if (info.kinds[k] != name) continue;
      Op op = info.make();
      *std::get<EnumRef>(info.field(op, 0)).value = static_cast<uint8_t>(k);
      return op;
    }
  }
  return std::nullopt;
}

bool SameOp(const Op& a, const Op& b) {
  if (a.index() != b.index()) return false;
  for (size_t i = 0; i < InfoOf(a).field_count; ++i) {
    const FieldRef other = FieldAt(b, i);
    if (!std::visit(FieldEqual{other}, FieldAt(a, i))) return false;
  }
  return true;
}

uint64_t HashOp(const Op& op, uint64_t seed) {
  const std::string text = std::string(OpName(op)) + FieldsToString(op);
  return Hash64(AsBytes(text), seed);
}

std::string FieldsToString(const Op& op) {
  const OpInfo& info = InfoOf(op);
  const Op defaults = info.make();
  std::vector<std::string> parts;
  for (size_t i = 0; i < info.field_count; ++i) {
    if (IsKind(info, i)) continue;
    const FieldRef value = FieldAt(op, i);
    if (std::visit(FieldEqual{FieldAt(defaults, i)}, value)) continue;
    parts.push_back(fmt::format("{}={}", info.field_name(i), PrintField(value)));
  }
  return parts.empty() ? "" : fmt::format("{{{}}}", fmt::join(parts, ", "));
}

}  // namespace floe
