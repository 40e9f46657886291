#include "service.hpp"

#include <tollgate/http/server.hpp>
#include <tollgate/mock/mock_upstream.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <thread>

namespace tollgate::mock {
namespace {

// One I/O thread.
class worker {
public:
    worker(recorder& log, http::server_options options)
        : tick_(io_.get_executor()), service_(log),
          server_(io_.get_executor(), tick_, std::move(options),
                  [this](ports::exchange& with) { return service_.answer(with); }) {}

    std::uint16_t listen() { return server_.listen(); }

    void run() {
        thread_ = std::jthread([this] {
            tick_.start();
            io_.run();
        });
    }

    void stop() {
        if (!thread_.joinable()) return;
        net::post(io_, [this] {
            net::co_spawn(io_, server_.drain(0), [this](std::exception_ptr failure) {
                if (failure) std::fputs("tollgate: bug: the mock upstream did not drain\n", stderr);
                tick_.stop();
            });
        });
        thread_.join();
    }

private:
    net::io_context io_{1};
    ticker tick_;
    service service_;
    http::server server_;
    std::jthread thread_;
};

}

struct mock_upstream::state {
    upstream_options options;
    recorder log;
    std::vector<std::unique_ptr<worker>> workers;
    std::uint16_t port = 0;
};

mock_upstream::mock_upstream(upstream_options options) : state_(std::make_unique<state>()) {
    state_->options = std::move(options);
}

mock_upstream::~mock_upstream() { stop(); }

std::uint16_t mock_upstream::start() {
    http::server_options options;
    state_->port = state_->options.port;
    const unsigned threads = std::max(state_->options.threads, 1U);
    options.reuse_port = threads > 1;
    options.body_bytes_max = limits::body_bytes_max;
    for (unsigned i = 0; i < threads; ++i) {
        options.endpoint = {net::ip::make_address(state_->options.address), state_->port};
        state_->workers.push_back(std::make_unique<worker>(state_->log, options));
        state_->port = state_->workers.back()->listen();
    }
    for (const auto& one : state_->workers) one->run();
    return state_->port;
}

void mock_upstream::stop() {
    for (const auto& one : state_->workers) one->stop();
    state_->workers.clear();
}

std::uint16_t mock_upstream::port() const { return state_->port; }

std::string mock_upstream::base_url() const {
    const std::string& address = state_->options.address;
    const bool v6 = address.find(':') != std::string::npos;
    return "http://" + (v6 ? "[" + address + "]" : address) + ":" + std::to_string(state_->port);
}

std::string mock_upstream::requests_json() const { return state_->log.to_json(); }

upstream_options parse_listen(std::string_view listen) {
    upstream_options options;
    const std::size_t colon = listen.rfind(':');
    std::string_view address = listen.substr(0, std::min(colon, listen.size()));
    if (address.starts_with('[') && address.ends_with(']')) address = address.substr(1, address.size() - 2);
    if (!address.empty()) options.address = address;
    const std::string_view port = colon == listen.npos ? std::string_view() : listen.substr(colon + 1);
    const auto read = std::from_chars(port.data(), port.data() + port.size(), options.port);
    boost::system::error_code ec;
    net::ip::make_address(options.address, ec);
    if (ec || read.ec != std::errc{} || read.ptr != port.data() + port.size())
        throw std::runtime_error("\"" + std::string(listen) + "\" is not an address and port such as 127.0.0.1:9001");
    return options;
}

int run_mock_upstream(std::string_view listen, unsigned threads) {
    try {
        upstream_options options = parse_listen(listen);
        options.threads = threads;
        net::io_context waiting(1);
        net::signal_set signals(waiting, SIGINT, SIGTERM); // before the threads, so that they do not take the signals
        mock_upstream mock(options);
        mock.start();
        std::printf("%s\n", mock.base_url().c_str());
        std::fflush(stdout);
        signals.async_wait([](const boost::system::error_code&, int) {});
        waiting.run();
        mock.stop();
        return 0;
    } catch (const std::exception& failure) {
        std::fprintf(stderr, "tollgate mock-upstream: %s\n", failure.what());
        return 1;
    }
}

}
