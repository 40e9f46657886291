#pragma once

// The options of a command. CLI11 takes seconds to compile: only option_list.cpp and run.cpp see it.

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}

namespace tollgate::cli {

// One option, as it is described. What is not as a check says is wrong usage, reported with the option.
class option {
public:
    explicit option(CLI::Option& of) : of_(&of) {}

    option& required();
    option& type_name(const char* name); // in --help
    option& at_most(std::size_t times);  // of an option that may be repeated
    option& comma_separated();

    option& usd();        // the text of an amount
    option& time();       // the text of a day or a moment
    option& request_id(); // the text of one
    option& one_of(std::initializer_list<const char*> values);
    option& between(std::int32_t least, std::int32_t most);
    option& between(std::size_t least, std::size_t most);

    bool given() const; // after parsing

private:
    CLI::Option* of_;
};

// What is added writes into `into`, which must live until the arguments are parsed.
class option_list {
public:
    explicit option_list(CLI::App& of) : of_(&of) {}

    // A text, texts, or a number; the types are listed in option_list.cpp.
    template <class Value>
    option add(const char* names, Value& into, const char* help);

private:
    CLI::App* of_;
};

}
