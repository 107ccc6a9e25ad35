// Scenario steps handed to the testbed, and the list of scenarios.
#include "harness/testbed/scenario.h"

#include "harness/testbed/testbed.h"

namespace sockspec {

namespace {

std::vector<ScenarioInfo>& MutableScenarios() {
  static std::vector<ScenarioInfo> scenarios;
  return scenarios;
}

}  // namespace

const std::vector<ScenarioInfo>& Scenarios() { return MutableScenarios(); }

bool RegisterScenario(ScenarioInfo info) {
  MutableScenarios().push_back(std::move(info));
  return true;
}

const ScenarioInfo* FindScenario(std::string_view name) {
  for (const ScenarioInfo& scenario : Scenarios()) {
    if (scenario.name == name) return &scenario;
  }
  return nullptr;
}

std::string RepositoryPath(std::string_view file) {
  const std::size_t at = file.rfind("suites/");
  return std::string(at == std::string_view::npos ? file : file.substr(at));
}

bool Peer::connected() const { return testbed_->Connected(number_); }
bool Peer::ended() const { return testbed_->Ended(number_); }
const std::string& Peer::received() const { return testbed_->Received(number_); }
void Peer::Send(std::string_view bytes) { testbed_->Send(number_, bytes); }
void Peer::SendUrgent(std::string_view bytes) { testbed_->SendUrgent(number_, bytes); }
void Peer::SendFiller(std::int64_t bytes, Filler filler) {
  testbed_->SendFiller(number_, bytes, filler);
}
void Peer::SendWhileReading(std::string_view bytes) { testbed_->SendWhileReading(number_, bytes); }
void Peer::HalfClose() { testbed_->HalfClose(number_); }
void Peer::Close() { testbed_->Close(number_); }
void Peer::Abort() { testbed_->Abort(number_); }
void Peer::Read(std::size_t bytes) { testbed_->Read(number_, bytes); }
void Peer::ReadSome() { testbed_->ReadSome(number_); }
void Peer::ReadToEnd() { testbed_->ReadToEnd(number_); }

void Peer::Converse() { testbed_->Converse(number_); }
void Peer::Finish() { testbed_->Finish(number_); }
void Peer::Serve() { testbed_->Serve(number_); }
bool Peer::Answered() const { return testbed_->Answered(number_); }

void Peer::SendInsteadOf(const Peer& other, std::string_view bytes) {
  testbed_->SendDatagram(number_, other.number_, bytes);
}

void Scenario::Run(Testbed* testbed) {
  testbed_ = testbed;
  Drive();
}

void Scenario::Start(const LaunchOptions& options) { testbed_->Start(options); }
LaunchOutcome Scenario::Launch(const LaunchOptions& options) { return testbed_->Launch(options); }
void Scenario::Signal(int signal) { testbed_->Signal(signal); }
void Scenario::Interrupt() { testbed_->Interrupt(); }
void Scenario::Stop() { testbed_->Stop(); }
void Scenario::Kill() { testbed_->Kill(); }
void Scenario::WaitForExit() { testbed_->WaitForExit(); }
void Scenario::Settle() { testbed_->Settle(); }
void Scenario::SettleInWait() { testbed_->SettleInWait(); }
bool Scenario::Running() const { return testbed_->Running(); }
void Scenario::Arm(const Fault& fault) { testbed_->Arm(fault); }
bool Scenario::Relaunch() { return testbed_->Relaunch(); }
bool Scenario::HoldsAny() const { return testbed_->HoldsAny(); }
void Scenario::Release() { testbed_->Release(); }
bool Scenario::DestroyConnection(const Peer& peer) {
  return testbed_->DestroyConnection(peer.number());
}
void Scenario::DisarmFaults() { testbed_->DisarmFaults(); }
void Scenario::LimitOpenFiles(bool exhausted) { testbed_->LimitOpenFiles(exhausted); }

Client Scenario::Connect(const ConnectOptions& options) {
  return Client(testbed_, testbed_->Connect(options));
}

Client Scenario::Exchange(const ConnectOptions& options) {
  Client client = Connect(options);
  client.Converse();
  client.Finish();
  return client;
}

Client Scenario::OpenDatagram(const DatagramOptions& options) {
  return Client(testbed_, testbed_->OpenDatagram(options));
}

void Scenario::Listen(const ListenOptions& options) { testbed_->Listen(options); }
Session Scenario::Accept() { return Session(testbed_, testbed_->Accept()); }
bool Scenario::HasPendingConnection() { return testbed_->HasPendingConnection(); }
std::optional<RawPacket> Scenario::AwaitPacket() { return testbed_->AwaitPacket(); }
void Scenario::SendPacket(const RawPacket& packet, std::string_view what) {
  testbed_->SendPacket(packet, what);
}
void Scenario::ReplyToAll(const std::function<RawPacket(const RawPacket&)>& reply, int most) {
  int replies = 0;
  while (const std::optional<RawPacket> request = AwaitPacket()) {
    SettleInWait();
    SendPacket(reply(*request), kTheReply);
    if (++replies == most) return Interrupt();
  }
}
Snapshot Scenario::TakeSnapshot(std::string_view label) { return testbed_->TakeSnapshot(label); }
void Scenario::Step(std::string_view text) { testbed_->Step(text); }
void Scenario::OccupyEndpoint(Sharing sharing) { testbed_->OccupyEndpoint(sharing); }
void Scenario::WritePath(std::string_view kind) { testbed_->WritePath(kind); }
void Scenario::ClearPath() { testbed_->ClearPath(); }
void Scenario::MoveClock(int seconds) { testbed_->MoveClock(seconds); }

void Scenario::EndSweep() { testbed_->EndSweep(); }
int Scenario::SweepStep() const { return testbed_->subject().step; }
Transport Scenario::transport() const { return testbed_->subject().transport; }
const std::string& Scenario::service() const { return testbed_->subject().service; }
const Service& Scenario::definition() const { return testbed_->subject().definition; }
const LaunchSpec& Scenario::launch() const { return testbed_->subject().launch; }
int Scenario::port() const { return testbed_->subject().port; }
const std::string& Scenario::path() const { return testbed_->subject().path; }
const std::string& Scenario::address() const { return testbed_->subject().address; }
std::string Scenario::reply() const { return testbed_->subject().reply; }

}  // namespace sockspec
