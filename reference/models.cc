// The table of models.
#include "reference/models.h"

#include "reference/failure.h"

namespace sockspec::reference {

const Model& FindModel(const std::string& name) {
  static constexpr Model kModels[] = {
      {"iterative", ServeIteratively, AnswerIteratively},
      {"forking", ServeForking, AnswerForking},
      {"threaded", ServeThreaded, AnswerThreaded},
      {"poll", ServeByPoll, AnswerIteratively},
      {"epoll", ServeByEpoll, AnswerByEpoll},
  };
  for (const Model& model : kModels) {
    if (name == model.name) return model;
  }
  throw UsageError("unknown model '" + name + "'");
}

}  // namespace sockspec::reference
