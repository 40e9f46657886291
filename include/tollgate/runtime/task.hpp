#pragma once

// The one coroutine type. The executor is concrete (an io_context of one thread): type-erased executors
// cost a virtual call and an allocation per operation.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>

namespace tollgate {

namespace net = boost::asio;

using executor = net::io_context::executor_type;

template <class T = void>
using task = net::awaitable<T, executor>;

inline constexpr net::use_awaitable_t<executor> use_task{};

using tcp_socket = net::basic_stream_socket<net::ip::tcp, executor>;
using tcp_acceptor = net::basic_socket_acceptor<net::ip::tcp, executor>;
using steady_timer = net::basic_waitable_timer<std::chrono::steady_clock,
                                               net::wait_traits<std::chrono::steady_clock>, executor>;

}
