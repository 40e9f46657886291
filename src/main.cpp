#include <tollgate/cli/run.hpp>

#include <exception>
#include <iostream>

int main(int argc, char** argv) {
    try {
        return tollgate::cli::run(argc, argv, tollgate::cli::of_process());
    } catch (const std::exception& failed) {
        std::cerr << "tollgate: " << failed.what() << '\n';
        return tollgate::cli::exit_refused;
    }
}
