#include "view/page.h"

#include <openssl/evp.h>

#include <array>

#include "base/check.h"
#include "base/quoting.h"
#include "view/page_files.h"

namespace floe::view {
namespace {

// What a Content-Security-Policy calls a script by: no other inline script runs.
std::string ScriptHash(std::string_view script) {
  std::array<uint8_t, 32> digest{};
  CHECK(EVP_Digest(script.data(), script.size(), digest.data(), nullptr, EVP_sha256(), nullptr) == 1);
  std::array<uint8_t, 45> text{};  // 44 characters and a null
  EVP_EncodeBlock(text.data(), digest.data(), digest.size());
  return "'sha256-" + std::string(text.begin(), text.begin() + 44) + "'";
}

// Puts the parts where index.html says <!--NAME-->; what is put in is not looked at again.
std::string Assemble(std::string_view title, std::string_view data) {
  std::string out;
  std::string_view rest = kIndexHtml;
  while (true) {
    const size_t begin = rest.find("<!--");
    if (begin == std::string_view::npos) break;
    const size_t end = rest.find("-->", begin);
    const std::string_view name = rest.substr(begin + 4, end - begin - 4);
    out += rest.substr(0, begin);
    if (name == "TITLE") out += HtmlEscaped(title);
    if (name == "STYLE") out += kStyle;
    if (name == "WORKER") out += kWorkerScript;
    if (name == "SCRIPT") out += kPageScript;
    if (name == "SCRIPT-HASH") out += ScriptHash(kPageScript);
    if (name == "DATA") out += data;
    rest.remove_prefix(end + 3);
  }
  out += rest;
  return out;
}

}  // namespace

std::string SelfContainedPage(std::string_view title, std::string_view json) {
  return Assemble(title, json);
}

std::string ServedPage(std::string_view title) {
  return Assemble(title, "");
}

}  // namespace floe::view
