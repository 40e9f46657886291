// Commands that are the process itself: serve, mock-upstream, version.
#include "definitions.hpp"
#include "settings.hpp"
#include "version.hpp"

#include <tollgate/daemon/daemon.hpp>
#include <tollgate/mock/mock_upstream.hpp>

#include <memory>
#include <stdexcept>

namespace tollgate::cli {

std::string_view version_text() { return "tollgate " TOLLGATE_VERSION; }

action define_version(option_list&) {
    return [](const context& at) -> status {
        at.world.out << version_text() << '\n';
        return {};
    };
}

action define_serve(option_list& options) {
    auto given = std::make_shared<serve_options>();
    options.add("--ready-file", given->ready_file, "Written once requests are accepted: addresses and pid")
        .type_name("FILE");
    return [given](const context& at) -> status {
        auto path = config_path(at);
        if (!path) return std::unexpected(path.error());
        given->config_path = std::move(*path);
        const int code = run_daemon(*given);
        if (code == exit_done) return {};
        return std::unexpected(failure{static_cast<exit_code>(code), {}});
    };
}

namespace {

struct mock_options {
    std::string listen;
    unsigned threads = 1;
};

constexpr unsigned mock_threads_max = 64;

}

action define_mock_upstream(option_list& options) {
    auto given = std::make_shared<mock_options>();
    options.add("--listen", given->listen, "Address: 127.0.0.1:9001, or port 0 for any").required().type_name("ADDR");
    options.add("--threads", given->threads, "Threads (1)").between(std::size_t{1}, mock_threads_max);
    return [given](const context& at) -> status {
        at.world.out.flush();
        try {
            const int code = mock::run_mock_upstream(given->listen, given->threads);
            if (code == exit_done) return {};
            return std::unexpected(failure{static_cast<exit_code>(code), {}});
        } catch (const std::runtime_error& failed) {
            return refuse(failed.what());
        }
    };
}

}
