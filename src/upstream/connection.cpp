#include <tollgate/upstream/connection.hpp>

#include <tollgate/upstream/lane.hpp>

#include <cerrno>
#include <string>
#include <sys/socket.h>
#include <utility>

namespace tollgate::upstream {

connection::connection(executor on, ticker& clock) : stream_(tcp_socket(on)) { clock.add(*this); }

void connection::receive(read_buffer& into, error_code& ec) {
    const auto room = into.room();
    into.received(stream_.try_read(net::buffer(room.data(), room.size()), ec));
}

void connection::cut_off(cut_reason why) {
    if (cut_ == cut_reason::none) cut_ = why;
    stream_.close();
    if (wake_ != nullptr) wake_->cancel();
}

void connection::park(lane& home, std::uint32_t keep_idle_ms) {
    home_ = &home;
    set_deadline_in_ms(keep_idle_ms);
    watch_peer(stream_.descriptor());
}

bool connection::unpark() {
    home_ = nullptr;
    clear_deadline();
    watch_peer(-1);
    // A byte here would be taken for the start of the next answer; the end of the stream would cost a replay.
    if (stream_.has_pending()) return false;
    char byte = 0;
    const auto got = ::recv(stream_.descriptor(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

void connection::leave_home() { home_->drop(*this); } // destroys this

void connection::on_deadline() { home_ != nullptr ? leave_home() : cut_off(cut_reason::deadline); }

void connection::on_peer_gone() {
    if (home_ != nullptr) leave_home();
}

void connection::on_peer_half_closed() {
    if (home_ != nullptr) leave_home();
}

error failure_of(const connection& on, const error_code& ec, const char* doing) {
    switch (on.cut()) {
    case cut_reason::deadline: return {errc::provider_timeout, std::string("no time left while ") + doing};
    case cut_reason::stop: return {errc::provider_unavailable, std::string("stopped while ") + doing};
    case cut_reason::none: break;
    }
    return {errc::provider_unavailable, ec.message() + " while " + doing};
}

}
