#include <tollgate/daemon/daemon.hpp>

#include "gateway.hpp"

#include <csignal>
#include <cstdio>
#include <optional>

namespace tollgate {

namespace {

constexpr int refused = 1, store_away = 3;

std::optional<config::loaded> load(const std::string& path) {
    config::load_options how;
    how.now = wall_clock_now();
    config::report read = config::inspect(path, how);
    for (const config::problem& problem : read.problems) std::fprintf(stderr, "%s\n", to_text(problem).c_str());
    for (const config::problem& warning : read.warnings) std::fprintf(stderr, "%s\n", to_text(warning).c_str());
    return std::move(read.value);
}

int serve(const serve_options& options) {
    auto loaded = load(options.config_path);
    if (!loaded) {
        std::fprintf(stderr, "tollgate: the configuration cannot be used; `tollgate check` lists every problem\n");
        return refused;
    }
    observability::logger::options how;
    how.least = static_cast<observability::level>(loaded->settings.log.level);
    observability::logger log(how);
    gateway all(options, std::move(*loaded), log);
    all.start();
    all.run_until_signal();
    all.stop();
    return 0;
}

}

int run_daemon(const serve_options& options) {
    std::signal(SIGPIPE, SIG_IGN); // a closed socket or log pipe is an error of its write
    try {
        return serve(options);
    } catch (const store_unreachable& away) {
        std::fprintf(stderr, "tollgate: cannot reach the store: %s\n", away.what());
        return store_away;
    } catch (const std::exception& failed) {
        std::fprintf(stderr, "tollgate: cannot start: %s\n", failed.what());
        return refused;
    }
}

}
