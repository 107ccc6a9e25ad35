// Matchers whose explanations read as sentences in a report.
//
//   EXPECT_THAT(TheConversation(), EndedBy(Ending::kFin));
//     expected: ended by FIN
//     observed: connection 0: connected, received 26 bytes "Sunday, ...", ended by RST (ECONNRESET)
#pragma once

#include <gmock/gmock.h>

#include <string>

#include "harness/testbed/check.h"
#include "harness/testbed/reply_model.h"

namespace sockspec {

using ConversationMatcher = ::testing::Matcher<const Conversation&>;
using EndMatcher = ::testing::Matcher<const ProgramEnd&>;

ConversationMatcher Connected();
ConversationMatcher WasRefused();
ConversationMatcher EndedBy(Ending ending);
// The program ended it, by FIN or by RST.
ConversationMatcher EndedByProgram();
ConversationMatcher ReceivedSomething();
ConversationMatcher ReceivedNothing();
// Fits the model: whole by its service's definition, and as whole as an ordinary reply.
ConversationMatcher ReceivedReplyLike(ReplyModel model);
ConversationMatcher ReceivedBytes(std::string bytes);

EndMatcher ExitedWith(int status);
EndMatcher ExitedWithFailure();  // a status from 1 to 255, not a signal
EndMatcher Exited();             // in any way
EndMatcher DidNotCrash();        // no SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL
EndMatcher StillRunning();

::testing::Matcher<const std::string&> IsEmptyText();
::testing::Matcher<const std::string&> IsNotEmptyText();

}  // namespace sockspec
