#include "command.hpp"

#include "version.hpp"

#include <tollgate/config/reader.hpp>
#include <tollgate/core/assert.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <vector>

namespace tollgate::cli {

namespace {

struct defined {
    CLI::App* options = nullptr;
    action run;
};

struct common_options {
    std::string config;
    bool json = false;
};

void add_config(CLI::App& options, common_options& into) {
    options
        .add_option("--config", into.config,
                    "Configuration file (else config/tollgate.yaml, then /etc/tollgate/tollgate.yaml)")
        ->type_name("FILE");
}

void add_common(CLI::App& options, const command_row& row, common_options& into) {
    add_config(options, into);
    if (row.prints_table) options.add_flag("--json", into.json, "Print JSON");
}

// Groups stand in --help where the table first names them.
CLI::App& group_of(CLI::App& program, std::string_view name, common_options& common) {
    const auto known = program.get_subcommands([&](const CLI::App* each) { return each->get_name() == name; });
    if (!known.empty()) return *known.front();
    const auto row = std::ranges::find(groups(), name, &group_row::name);
    TG_ASSERT(row != groups().end());
    CLI::App* made = program.add_subcommand(std::string(name), std::string(row->summary));
    made->require_subcommand(1);
    add_config(*made, common);
    return *made;
}

// "keys create" below the group "keys", "serve" below the program itself.
std::vector<defined> define_all(CLI::App& program, common_options& common) {
    std::vector<defined> all;
    add_config(program, common); // before the command or behind it
    for (const command_row& row : commands()) {
        const std::size_t space = row.path.find(' ');
        const bool grouped = space != std::string_view::npos;
        CLI::App& parent = grouped ? group_of(program, row.path.substr(0, space), common) : program;
        const std::string_view name = grouped ? row.path.substr(space + 1) : row.path;
        CLI::App* options = parent.add_subcommand(std::string(name), std::string(row.summary));
        option_list into(*options);
        all.push_back({options, row.define(into)});
        add_common(*options, row, common);
    }
    return all;
}

// The command that the arguments named, as far as they named one.
const CLI::App& named_so_far(const CLI::App& program) {
    const CLI::App* at = &program;
    while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
    return *at;
}

// "keys create", without the program.
std::string path_of(const CLI::App& command) {
    const CLI::App* parent = command.get_parent();
    const bool grouped = parent != nullptr && parent->get_parent() != nullptr;
    return (grouped ? parent->get_name() + " " : "") + command.get_name();
}

// "`kyes` is no command; did you mean `keys`?" instead of "a subcommand is required".
std::string unknown_command(const CLI::App& named, const std::string& given) {
    std::vector<std::string> names;
    for (const CLI::App* each : named.get_subcommands([](const CLI::App*) { return true; }))
        names.push_back(each->get_name());
    const std::vector<std::string_view> known(names.begin(), names.end());
    const std::string_view near = config::nearest(given, known);
    return "`" + given + "` is no command" + (near.empty() ? "" : "; did you mean `" + std::string(near) + "`?");
}

std::string usage_message(const CLI::App* program, const CLI::Error& wrong) {
    const CLI::App& named = named_so_far(*program);
    const std::string path = &named == program ? program->get_name() : program->get_name() + " " + path_of(named);
    const std::vector<std::string> rest = named.remaining(true);
    const bool no_command = wrong.get_name() == "RequiredError" && !rest.empty() && !rest.front().starts_with('-') &&
                            !named.get_subcommands([](const CLI::App*) { return true; }).empty();
    return path + ": " + (no_command ? unknown_command(named, rest.front()) : std::string(wrong.what())) + "\nSee `" +
           path + " --help`.\n";
}

int report(const failure& why, const surroundings& world) {
    world.out.flush();
    if (!why.message.empty()) world.err << "tollgate: " << why.message << '\n';
    return why.code;
}

}

std::unexpected<failure> store_failed(const store_error& why) {
    switch (why.fault) {
    case store_fault::unavailable:
        return std::unexpected(failure{exit_unreachable, "the store cannot be reached: " + why.detail +
                                                             "\nCheck that it runs and that store.url is right."});
    case store_fault::conflict:
        return std::unexpected(
            failure{exit_unreachable, "the store is too busy: " + why.detail + "\nRun the command again."});
    case store_fault::corrupt: return refuse("the store refused: " + why.detail);
    }
    TG_ASSERT(false);
}

int run(int argc, const char* const* argv, const surroundings& world) {
    CLI::App program{"An OpenAI-compatible gateway that decides, before each request leaves, whether its tenant may "
                     "spend the money.",
                     "tollgate"};
    common_options common;
    program.set_version_flag("--version", std::string(version_text()));
    program.require_subcommand(1);
    program.failure_message(usage_message);
    const std::vector<defined> all = define_all(program, common);
    try {
        program.parse(argc, argv);
    } catch (const CLI::ParseError& wrong) {
        return program.exit(wrong, world.out, world.err) == 0 ? exit_done : exit_usage;
    }
    const auto chosen = std::ranges::find_if(all, [](const defined& one) { return one.options->parsed(); });
    TG_ASSERT(chosen != all.end());
    const context at{world, common.config, common.json};
    if (const status done = chosen->run(at); !done) return report(done.error(), world);
    world.out.flush();
    if (!world.out) return report({exit_refused, "cannot write to stdout"}, world);
    return exit_done;
}

}
