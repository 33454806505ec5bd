#include "formats/npy.h"

#include "base/file.h"
#include "files.h"

namespace floe {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// What make_data.py calls values(dtype).
template <typename T>
void ExpectValues(const Tensor& tensor, double offset, double fraction) {
  ASSERT_EQ(tensor.dims(), (std::vector<int64_t>{2, 3}));
  for (int i = 0; i < 6; ++i) EXPECT_EQ(static_cast<double>(tensor.data<T>()[i]), i - offset + fraction) << i;
}

void ExpectPlainArrays(const std::vector<NamedTensor>& arrays) {
  const auto get = [&](const char* name) {
    const Tensor* tensor = FindTensor(arrays, name);
    EXPECT_NE(tensor, nullptr) << name;
    return tensor == nullptr ? Tensor::Scalar(0.f) : *tensor;
  };
  ExpectValues<int8_t>(get("int8"), 2, 0);
  ExpectValues<int16_t>(get("int16"), 2, 0);
  ExpectValues<int32_t>(get("int32"), 2, 0);
  ExpectValues<int64_t>(get("int64"), 2, 0);
  ExpectValues<uint8_t>(get("uint8"), 0, 0);
  ExpectValues<uint16_t>(get("uint16"), 0, 0);
  ExpectValues<uint32_t>(get("uint32"), 0, 0);
  ExpectValues<uint64_t>(get("uint64"), 0, 0);
  ExpectValues<Float16>(get("float16"), 2, 0.25);
  ExpectValues<float>(get("float32"), 2, 0.25);
  ExpectValues<double>(get("float64"), 2, 0.25);
  ExpectValues<BFloat16>(get("bfloat16"), 2, 0.25);
  EXPECT_EQ(get("complex64").data<std::complex<float>>()[5], std::complex<float>(3, 3.5));
  EXPECT_EQ(get("complex128").data<std::complex<double>>()[0], std::complex<double>(-2, -1.5));
  EXPECT_THAT(std::span(get("bool").data<bool>(), 6), ElementsAre(false, true, false, true, false, true));
  EXPECT_EQ(get("scalar").dims(), std::vector<int64_t>{});
  EXPECT_EQ(get("scalar").data<float>()[0], 1.5f);
  EXPECT_EQ(get("empty").dims(), (std::vector<int64_t>{0, 4}));
  EXPECT_EQ(get("vector").dims(), (std::vector<int64_t>{5}));
  const Tensor text = get("text");
  EXPECT_THAT(std::span(text.data<std::string>(), 6), ElementsAre("a", "größe", "", "日本", "𝄞", "end"));
  const Tensor bytes = get("bytes");
  EXPECT_THAT(std::span(bytes.data<std::string>(), 3), ElementsAre("ab", std::string("\xff\0c", 3), ""));
}

TEST(Npz, ReadsEveryTypeStoredAndDeflated) {
  ExpectPlainArrays(ReadNpz(DataFile("plain.npz")));
  ExpectPlainArrays(ReadNpz(DataFile("deflated.npz")));
  EXPECT_TRUE(ReadNpz(DataFile("none.npz")).empty());
}

TEST(Npz, FortranOrderAndBigEndianGiveTheSameTensors) {
  const auto plain = ReadNpz(DataFile("rank3.npz"));
  const auto fortran = ReadNpz(DataFile("fortran.npz"));
  const auto big_endian = ReadNpz(DataFile("big_endian.npz"));
  ASSERT_EQ(plain.size(), 6u);
  for (const NamedTensor& expected : plain) {
    for (const auto* other : {&fortran, &big_endian}) {
      const Tensor* found = FindTensor(*other, expected.name);
      ASSERT_NE(found, nullptr) << expected.name;
      EXPECT_TRUE(SameContents(*found, expected.tensor)) << expected.name;
    }
  }
  EXPECT_EQ(FindTensor(fortran, "int16")->data<int16_t>()[13], 11);
  EXPECT_EQ(FindTensor(fortran, "text")->data<std::string>()[13], "13");
}

TEST(Npz, WritesWhatItReads) {
  const TemporaryFolder folder;
  for (const char* name : {"plain.npz", "none.npz"}) {
    const auto tensors = ReadNpz(DataFile(name));
    WriteNpz(folder / name, tensors);
    const auto again = ReadNpz(folder / name);
    ASSERT_EQ(again.size(), tensors.size());
    for (size_t i = 0; i < tensors.size(); ++i) {
      EXPECT_EQ(again[i].name, tensors[i].name);
      EXPECT_TRUE(SameContents(again[i].tensor, tensors[i].tensor)) << tensors[i].name;
    }
  }
}

TEST(Npz, WritesTheSameBytesForTheSameTensors) {
  const TemporaryFolder folder;
  const auto tensors = ReadNpz(DataFile("plain.npz"));
  WriteNpz(folder / "a.npz", tensors);
  WriteNpz(folder / "b.npz", tensors);
  EXPECT_EQ(ReadAll(folder / "a.npz"), ReadAll(folder / "b.npz"));
}

TEST(Npz, RefusesTwoTensorsOfOneName) {
  const TemporaryFolder folder;
  const std::vector<NamedTensor> twins = {{"x", Tensor::Scalar(1.f)}, {"x", Tensor::Scalar(2.f)}};
  EXPECT_THAT(ErrorOf([&] { WriteNpz(folder / "x.npz", twins); }, ErrorCode::kUsage),
              HasSubstr("two tensors are called 'x'"));
  EXPECT_FALSE(FileExists(folder / "x.npz"));
}

TEST(Npz, NamesTheDamagedMember) {
  const TemporaryFolder folder;
  std::string bytes = ReadAll(DataFile("plain.npz"));
  const size_t at = bytes.find("NUMPY", bytes.find("float32.npy")) + 130;
  bytes[at] = static_cast<char>(bytes[at] ^ 1);
  const std::string path = folder.Write("damaged.npz", bytes);
  EXPECT_THAT(ErrorOf([&] { ReadNpz(path); }), HasSubstr("damaged.npz: 'float32.npy': is damaged"));
}

TEST(Npz, RefusesWhatIsNoArchive) {
  const TemporaryFolder folder;
  EXPECT_THAT(ErrorOf([&] { ReadNpz(folder.Write("empty.npz", "")); }), HasSubstr("found an empty file"));
  EXPECT_THAT(ErrorOf([&] { ReadNpz(folder.Write("text.npz", "hello, this is no archive at all")); }),
              HasSubstr("text.npz: expected an archive of numpy arrays (.npz)"));
  const std::string whole = ReadAll(DataFile("plain.npz"));
  EXPECT_NE(ErrorOf([&] { ReadNpz(folder.Write("short.npz", whole.substr(0, whole.size() / 2))); }), "");
  EXPECT_NE(ErrorOf([&] { ReadNpz(folder / "missing.npz"); }), "");
}

TEST(Npz, RefusesAMemberLargerThanTheArchive) {
  const TemporaryFolder folder;
  WriteNpz(folder / "a.npz", std::vector<NamedTensor>{{"a", Tensor(DType::kFloat32, {4})}});
  std::string bytes = ReadAll(folder / "a.npz");
  const size_t entry = bytes.rfind("PK\1\2");
  ASSERT_NE(entry, std::string::npos);
  for (const size_t at : {entry + 20, entry + 24}) bytes[at + 3] = 0x7f;  // stored size, size
  const std::string path = folder.Write("large.npz", bytes);
  EXPECT_THAT(ErrorOf([&] { ReadNpz(path); }), HasSubstr("claims an impossible size"));
}

TEST(Npz, SurvivesEveryFlippedByte) {
  const TemporaryFolder folder;
  const std::string whole = ReadAll(DataFile("deflated.npz"));
  for (size_t i = 0; i < whole.size(); i += 3) {
    std::string bytes = whole;
    bytes[i] = static_cast<char>(bytes[i] ^ 0x55);
    const std::string path = folder.Write("flipped.npz", bytes);
    ErrorOf([&] { ReadNpz(path); });
  }
}

TEST(Npy, ReadsVersions2And3) {
  ExpectValues<float>(ReadNpy(DataFile("version2.npy")), 2, 0.25);
  ExpectValues<float>(ReadNpy(DataFile("version3.npy")), 2, 0.25);
}

TEST(Npy, ElementsOfAFileAreAViewOfItsMapping) {
  const auto file = MappedFile::Open(DataFile("version2.npy"));
  const Tensor view = ParseNpy(file->bytes(), "it", file);
  EXPECT_EQ(view.raw(), file->bytes().data() + 128);
}

TEST(Npy, StringsTakeTheLongestAndAtLeastOneCharacter) {
  EXPECT_THAT(FormatNpy(Tensor::FromVector<std::string>({"", ""})), HasSubstr("'<U1'"));
  EXPECT_THAT(FormatNpy(Tensor::FromVector<std::string>({"ä", "日本語"})), HasSubstr("'<U3'"));
  EXPECT_THAT(FormatNpy(Tensor::FromVector<std::string>({"\xff\xfe", "a"})), HasSubstr("'|S2'"));
}

TEST(Npy, HeadersAlignTheElements) {
  for (size_t rank = 0; rank < 40; ++rank) {
    const Tensor tensor(DType::kFloat32, std::vector<int64_t>(rank, 1));
    const std::string npy = FormatNpy(tensor);
    EXPECT_EQ(npy.size() % 64, 4u);
    EXPECT_TRUE(SameContents(ParseNpy(AsBytes(npy), "it"), tensor));
  }
}

std::string NpyWithHeader(std::string dict) {
  dict += '\n';
  return std::string("\x93NUMPY\x01\0", 8) + static_cast<char>(dict.size()) + '\0' + dict;
}

std::string ParseErrorOf(const std::string& bytes) {
  return ErrorOf([&] { ParseNpy(AsBytes(bytes), "x.npy"); });
}

TEST(Npy, RefusesWhatItCannotRepresent) {
  EXPECT_THAT(ErrorOf([] { ReadNpy(DataFile("object.npy")); }), HasSubstr("Python objects are pickled"));
  EXPECT_THAT(ErrorOf([] { ReadNpy(DataFile("structured.npy")); }),
              HasSubstr("structured types are not supported"));
  EXPECT_THAT(ParseErrorOf(NpyWithHeader("{'descr': '<M8[ns]', 'fortran_order': False, 'shape': (), }")),
              HasSubstr("'<M8[ns]' is not supported"));
  EXPECT_EQ(ParseErrorOf(NpyWithHeader("{'descr': '<U1', 'fortran_order': False, 'shape': (), }") +
                         std::string("\0\xd8\0\0", 4)),
            "x.npy: 0xd800 is no character");
}

TEST(Npy, RefusesDamage) {
  EXPECT_EQ(ParseErrorOf(""), "x.npy: expected a numpy array (.npy), found an empty file");
  EXPECT_EQ(ParseErrorOf("a picture, surely"),
            "x.npy: expected a numpy array (.npy), found another kind of file");
  EXPECT_EQ(
      ParseErrorOf(NpyWithHeader("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }") + "1234"),
      "x.npy: 6 elements of 4 bytes expected for the shape [2, 3], found 4 bytes");
  EXPECT_THAT(ParseErrorOf(NpyWithHeader(
                  "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296), }")),
              HasSubstr("more elements than 64 bits count"));
  EXPECT_THAT(
      ParseErrorOf(NpyWithHeader("{'descr': '<U0', 'fortran_order': False, 'shape': (4294967296,), }")),
      HasSubstr("4294967296 elements of 0 bytes"));
  EXPECT_THAT(ParseErrorOf(NpyWithHeader("{'descr': '<f4', 'shape': (2, 3), }")),
              HasSubstr("the header lacks"));
  EXPECT_THAT(ParseErrorOf(NpyWithHeader("{'descr': '<f4', 'fortran_order': Maybe, 'shape': (2, 3), }")),
              HasSubstr("neither True nor False"));
  EXPECT_THAT(ParseErrorOf(NpyWithHeader("{'descr': '<f4', 'fortran_order': False, 'shape': (-2, 3), }")),
              HasSubstr("cannot read the shape"));
}

TEST(Npy, SurvivesEveryTruncationAndFlippedByte) {
  const std::string whole = FormatNpy(Tensor::FromVector<std::string>({"ä", "日本語"}));
  for (size_t i = 0; i < whole.size(); ++i) {
    ParseErrorOf(whole.substr(0, i));
    for (const int mask : {1, 0x10, 0x80, 0xff}) {
      std::string bytes = whole;
      bytes[i] = static_cast<char>(bytes[i] ^ mask);
      ParseErrorOf(bytes);
    }
  }
}

TEST(Npy, BoolsOtherThanZeroAndOneBecomeOne) {
  const std::string npy =
      NpyWithHeader("{'descr': '|b1', 'fortran_order': False, 'shape': (3,), }") + std::string("\0\1\7", 3);
  const Tensor tensor = ParseNpy(AsBytes(npy), "x.npy");
  EXPECT_THAT(std::span(static_cast<const uint8_t*>(tensor.raw()), 3), ElementsAre(0, 1, 1));
}

TEST(Npy, AFailedWriteLeavesNothing) {
  const TemporaryFolder folder;
  EXPECT_NE(
      ErrorOf([&] { WriteNpy(folder / "no/such/folder.npy", Tensor::Scalar(1.f)); }, ErrorCode::kResource),
      "");
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace floe
