// The two kinds of failure.
//
// `Error`: the user or the world is wrong (a bad file, a missing name, a full disk). Its message is one line
// that names the subject, what was expected and what was found. `InternalError`: Floe is wrong. Please report
// it.
//
// Every public function of Floe may throw both; what a function throws beyond the obvious stands at the
// function.
#ifndef FLOE_ERROR_H_
#define FLOE_ERROR_H_

#include <stdexcept>
#include <string>

namespace floe {

// The values are the exit codes of the command line.
enum class ErrorCode {
  kUsage = 2,        // wrong option, feed or name
  kModel = 3,        // model, engine or picture missing, damaged or unsupported
  kEngine = 4,       // engine of another version or for another machine
  kAccuracy = 5,     // an accuracy gate was not met
  kPerformance = 6,  // a performance gate was not met
  kResource = 7,     // out of memory or disk, or a file cannot be written
  kInterrupted = 130,
};

class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  ErrorCode code() const { return code_; }

 private:
  ErrorCode code_;
};

class InternalError : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

}  // namespace floe

#endif  // FLOE_ERROR_H_
