// `convtop config`: configurations without running them, and what they may hold.

import ArgumentParser
import Experiments
import Foundation

struct ConfigCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config", abstract: "Check a configuration, or describe what one may hold.",
    subcommands: [Check.self, Schema.self])

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

  struct Schema: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "schema", abstract: "Print the JSON Schema of configurations, for editors and validators.")

    @Flag(help: "The keys as tables of Markdown instead.")
    var markdown = false

    func run() throws {
      let text = try markdown ? Configuration.table() : String(decoding: Configuration.schema(), as: UTF8.self)
      say(text, terminator: "")
    }
  }
}
