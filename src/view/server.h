// Serves one page and its data to browsers on this machine, and to nobody else.
#ifndef FLOE_VIEW_SERVER_H_
#define FLOE_VIEW_SERVER_H_

#include <functional>
#include <memory>
#include <string>

namespace floe::view {

// Listens on 127.0.0.1 alone. Every path starts with a random token, requests from other origins or for
// another host are refused, and there are three pages: "", "data.json" and "report.html" (self-contained). No
// file is ever opened.
class Server {
 public:
  struct Content {
    std::string page;                         // ServedPage()
    std::string json;                         // ToJson()
    std::function<std::string()> standalone;  // SelfContainedPage()
  };

  // Port 0: any. Throws Error(kUsage) if the port is taken.
  Server(Content content, int port);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::string address() const;  // "http://127.0.0.1:34567/9f86d081884c7d65/"
  int port() const;

  // Returns after Stop(), which any thread may call.
  void Run();
  void Stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace floe::view

#endif  // FLOE_VIEW_SERVER_H_
