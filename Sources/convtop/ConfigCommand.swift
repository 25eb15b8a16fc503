// `convtop config`: configurations without running them.

import ArgumentParser
import Experiments
import Foundation

struct ConfigCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config", abstract: "Check a configuration.", subcommands: [Check.self])

  struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "check", abstract: "Check a configuration and print it with every default explicit.")

    @Argument(help: "A configuration file; the default configuration when left out.")
    var config: String?

    @OptionGroup var options: ConfigurationOptions

    func run() throws {
      try reportingFailures {
        let text = try options.read(config).resolvedText()
        say(String(decoding: text, as: UTF8.self), terminator: "")
      }
    }
  }
}
