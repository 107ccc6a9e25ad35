// Captures packets with libpcap, which is loaded on demand.
#include "harness/testbed/packet_capture.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <pcap/pcap.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdio>
#include <stdexcept>

#include "harness/base/error.h"

namespace sockspec {
namespace {

// The largest packet that loopback carries whole, and the header before it.
constexpr int kLongestPacket = 65536 + ETH_HLEN;
// Where packets are told of at once all places of the ring have one size, a little more than that.
// libpcap takes blocks of memory for them whose size is a power of two: 128 KiB each, 64 MiB in
// all.
constexpr int kMostPlaces = 512;
constexpr int kRingBytes = kMostPlaces * kLongestPacket;

// libpcap's functions, as far as they are used. Without the library, or without one of them, there
// is `trouble`.
class Library {
  std::string trouble_;
  void* const handle_ = dlopen("libpcap.so.0.8", RTLD_NOW | RTLD_LOCAL);

  template <typename Function>
  Function Find(const char* name) {
    void* const found = handle_ != nullptr ? dlsym(handle_, name) : nullptr;
    if (const char* error = found == nullptr && trouble_.empty() ? dlerror() : nullptr) {
      trouble_ = error;
    }
    return reinterpret_cast<Function>(found);
  }

 public:
#define SOCKSPEC_PCAP(name) \
  decltype(&::pcap_##name) const name = Find<decltype(&::pcap_##name)>("pcap_" #name)
  SOCKSPEC_PCAP(activate);
  SOCKSPEC_PCAP(close);
  SOCKSPEC_PCAP(compile);
  SOCKSPEC_PCAP(create);
  SOCKSPEC_PCAP(dispatch);
  SOCKSPEC_PCAP(dump);
  SOCKSPEC_PCAP(dump_close);
  SOCKSPEC_PCAP(dump_file);
  SOCKSPEC_PCAP(dump_flush);
  SOCKSPEC_PCAP(dump_fopen);
  SOCKSPEC_PCAP(freecode);
  SOCKSPEC_PCAP(get_selectable_fd);
  SOCKSPEC_PCAP(geterr);
  SOCKSPEC_PCAP(set_buffer_size);
  SOCKSPEC_PCAP(set_immediate_mode);
  SOCKSPEC_PCAP(set_snaplen);
  SOCKSPEC_PCAP(set_tstamp_precision);
  SOCKSPEC_PCAP(setnonblock);
  SOCKSPEC_PCAP(stats);
#undef SOCKSPEC_PCAP

  const std::string& trouble() const { return trouble_; }
};

const Library& Libpcap() {
  static const Library library;
  return library;
}

}  // namespace

std::string PacketCapture::WhyNot(const HostAbilities& abilities) {
  return abilities.no_packets.empty() ? Libpcap().trouble() : abilities.no_packets;
}

PacketCapture::PacketCapture(OwnedFd file, LoopbackFlush* flush, EventLoop* loop)
    : flush_(flush), loop_(loop) {
  const Library& library = Libpcap();
  if (!library.trouble().empty()) throw std::runtime_error(library.trouble());
  try {
    Open();
    std::FILE* const stream = fdopen(file.get(), "wb");
    if (stream == nullptr) ThrowSystemError(errno, "fdopen(capture)");
    static_cast<void>(file.Release());
    file_ = library.dump_fopen(packets_, stream);
    if (file_ == nullptr) {
      std::fclose(stream);
      throw std::runtime_error(fmt::format("pcap_dump_fopen(): {}", library.geterr(packets_)));
    }
  } catch (...) {
    if (packets_ != nullptr) library.close(packets_);
    throw;
  }
  loop_->OnReadable(fd_, [this] { Take(); });
}

void PacketCapture::Open() {
  const Library& library = Libpcap();
  char error[PCAP_ERRBUF_SIZE] = {};
  packets_ = library.create("lo", error);
  if (packets_ == nullptr) throw std::runtime_error(fmt::format("pcap_create(lo): {}", error));
  const auto check = [&](int result, const char* call) {
    if (result >= 0) return;  // what is above 0 is a warning
    throw std::runtime_error(fmt::format("{}: {}", call, library.geterr(packets_)));
  };
  library.set_snaplen(packets_, kLongestPacket);
  library.set_immediate_mode(packets_, 1);
  library.set_buffer_size(packets_, kRingBytes);
  library.set_tstamp_precision(packets_, PCAP_TSTAMP_PRECISION_NANO);
  check(library.activate(packets_), "pcap_activate(lo)");
  if (library.setnonblock(packets_, 1, error) != 0) {
    throw std::runtime_error(fmt::format("pcap_setnonblock(lo): {}", error));
  }
  fd_ = library.get_selectable_fd(packets_);
  // Each packet is seen on its way out and on its way in. What is not wanted is left out by the
  // kernel, and neither takes a place in the ring nor wakes the loop.
  const std::string filter = fmt::format(
      "inbound and not (src host 127.0.0.1 and dst host 127.0.0.1 and udp src port {0} and udp dst "
      "port {0})",
      flush_->port());
  bpf_program program{};
  check(library.compile(packets_, &program, filter.c_str(), 1, PCAP_NETMASK_UNKNOWN),
        "pcap_compile()");
  // Not pcap_setfilter(), which filters the first packet a second time, by itself, where it cannot
  // tell which way the packet goes, and throws it away.
  static_assert(sizeof(bpf_insn) == sizeof(sock_filter));
  const sock_fprog attached{.len = static_cast<unsigned short>(program.bf_len),
                            .filter = reinterpret_cast<sock_filter*>(program.bf_insns)};
  const int result = setsockopt(fd_, SOL_SOCKET, SO_ATTACH_FILTER, &attached, sizeof attached);
  const int error_number = errno;
  library.freecode(&program);
  if (result != 0) ThrowSystemError(error_number, "setsockopt(lo, SO_ATTACH_FILTER)");
}

PacketCapture::~PacketCapture() {
  loop_->Forget(fd_);
  Libpcap().dump_close(file_);
  Libpcap().close(packets_);
}

void PacketCapture::Take() {
  // At most what the ring can hold: a flood must not keep us here.
  if (Libpcap().dispatch(packets_, kMostPlaces, Libpcap().dump,
                         reinterpret_cast<unsigned char*>(file_)) < 0) {
    throw std::runtime_error(fmt::format("pcap_dispatch(lo): {}", Libpcap().geterr(packets_)));
  }
}

std::int64_t PacketCapture::Finish() {
  loop_->Forget(fd_);
  flush_->Wait();
  Take();
  errno = 0;
  if (Libpcap().dump_flush(file_) != 0 || std::ferror(Libpcap().dump_file(file_)) != 0) {
    ThrowSystemError(errno != 0 ? errno : EIO, "write(capture)");
  }
  pcap_stat counts{};
  if (Libpcap().stats(packets_, &counts) != 0) {
    throw std::runtime_error(fmt::format("pcap_stats(lo): {}", Libpcap().geterr(packets_)));
  }
  return counts.ps_drop;
}

}  // namespace sockspec
