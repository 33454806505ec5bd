#include "view/server.h"

#include <fmt/format.h>
#include <httplib.h>
#include <sys/random.h>

#include <array>
#include <utility>

#include "base/error.h"

namespace floe::view {
namespace {

std::string RandomToken() {
  std::array<uint8_t, 16> bytes{};
  if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    Throw(ErrorCode::kResource, "cannot get random bytes for the viewer's address");
  }
  std::string token;
  for (const uint8_t b : bytes) token += fmt::format("{:02x}", b);
  return token;
}

// SO_REUSEPORT, which the library sets by default, would let two viewers share a port.
void ReuseAddressOnly(socket_t socket) {
  const int yes = 1;
  setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
}

// As it is: the library would compress what it is handed whole, which takes longer than the way over
// loopback.
void Send(std::shared_ptr<const std::string> body, const char* type, httplib::Response& response) {
  const size_t size = body->size();
  response.set_content_provider(
      size, type, [body = std::move(body)](size_t offset, size_t length, httplib::DataSink& sink) {
        return sink.write(body->data() + offset, length);
      });
}

}  // namespace

struct Server::Impl {
  httplib::Server http;
  std::shared_ptr<const std::string> page;
  std::shared_ptr<const std::string> json;
  std::function<std::string()> standalone;
  std::string token = RandomToken();
  int port = 0;

  // A page elsewhere that resolves its own name to 127.0.0.1 sends its own name as host.
  bool FromHere(const httplib::Request& request) const {
    const std::string by_number = fmt::format("127.0.0.1:{}", port);
    const std::string by_name = fmt::format("localhost:{}", port);
    const std::string host = request.get_header_value("Host");
    if (host != by_number && host != by_name) return false;
    if (!request.has_header("Origin")) return true;
    const std::string origin = request.get_header_value("Origin");
    return origin == "http://" + by_number || origin == "http://" + by_name;
  }

  void Answer(const httplib::Request& request, httplib::Response& response) const {
    response.set_header("Cache-Control", "no-store");
    response.set_header("X-Content-Type-Options", "nosniff");
    response.set_header("Referrer-Policy", "no-referrer");
    response.set_header("Cross-Origin-Resource-Policy", "same-origin");
    response.set_header("X-Frame-Options", "DENY");
    if (!FromHere(request)) {
      response.status = 403;
      response.set_content("not from this machine\n", "text/plain");
      return;
    }
    const std::string root = "/" + token + "/";
    if (request.path == root) {
      Send(page, "text/html; charset=utf-8", response);
    } else if (request.path == root + "data.json") {
      Send(json, "application/json", response);
    } else if (request.path == root + "report.html") {
      Send(std::make_shared<const std::string>(standalone()), "text/html; charset=utf-8", response);
    } else {
      response.status = 404;
      response.set_content("no such page\n", "text/plain");
    }
  }
};

Server::Server(Content content, int port) : impl_(std::make_unique<Impl>()) {
  impl_->page = std::make_shared<const std::string>(std::move(content.page));
  impl_->json = std::make_shared<const std::string>(std::move(content.json));
  impl_->standalone = std::move(content.standalone);
  impl_->http.set_socket_options(ReuseAddressOnly);
  impl_->http.Get(".*", [this](const httplib::Request& request, httplib::Response& response) {
    impl_->Answer(request, response);
  });
  const char* host = "127.0.0.1";
  if (port == 0) {
    impl_->port = impl_->http.bind_to_any_port(host);
  } else if (impl_->http.bind_to_port(host, port)) {
    impl_->port = port;
  }
  if (impl_->port <= 0) {
    Throw(ErrorCode::kUsage,
          "port {}: cannot listen there, it is taken or not allowed; without --port any free one is used",
          port);
  }
}

Server::~Server() = default;

std::string Server::address() const {
  return fmt::format("http://127.0.0.1:{}/{}/", impl_->port, impl_->token);
}

int Server::port() const {
  return impl_->port;
}

void Server::Run() {
  impl_->http.listen_after_bind();
}

void Server::Stop() {
  impl_->http.stop();
}

}  // namespace floe::view
