#pragma once

// Runs one coroutine to its end on an io_context of its own thread.

#include <tollgate/runtime/task.hpp>

#include <boost/asio/co_spawn.hpp>

#include <exception>
#include <optional>

namespace tollgate::test {

template <class T>
T run(net::io_context& io, task<T> flow) {
    std::optional<T> answer;
    net::co_spawn(io, std::move(flow), [&answer](std::exception_ptr failed, T value) {
        if (failed) std::rethrow_exception(failed);
        answer.emplace(std::move(value));
    });
    io.restart();
    io.run();
    return std::move(*answer);
}

inline void run(net::io_context& io, task<> flow) {
    net::co_spawn(io, std::move(flow), [](std::exception_ptr failed) {
        if (failed) std::rethrow_exception(failed);
    });
    io.restart();
    io.run();
}

}
