// The command line: subcommands, and what a failure looks like.

import ArgumentParser
import Attachment
import Datasets
import Experiments
import Fields
import Foundation
import Tensors
import Terminal
import Training

@main
struct Convtop: ParsableCommand {
  static func main() {
    openStandardStreams()
    installCrashGuard()
    if let sentence = ProcessorFeatures.complaint(
      builtFor: ProcessorFeatures.built, running: ProcessorFeatures.present)
    {
      complain(sentence)
      exit(withError: ExitCode.configuration)
    }
    main(nil)
  }

  static let configuration = CommandConfiguration(
    commandName: "convtop",
    abstract: "htop for convolutional networks: trains a small conv net and shows it learning.",
    discussion: "Without a subcommand it opens the dashboard on the default configuration, LeNet-5 on Fashion-MNIST.",
    subcommands: [
      DashboardCommand.self, TrainCommand.self, EvaluateCommand.self, GradcheckCommand.self, BenchCommand.self,
      ConfigCommand.self, DataCommand.self, VerifyCommand.self, AttachCommand.self, RunsCommand.self,
      ContinueCommand.self, ForkCommand.self, RaceCommand.self, PlayCommand.self, RecordCommand.self,
    ],
    defaultSubcommand: DashboardCommand.self)
}

/// A failure in one sentence, with the exit status of sysexits.h.
struct Failure: Error, CustomStringConvertible {
  let description: String
  let status: ExitCode

  /// Prints the sentence and gives the status.
  func reported() -> ExitCode {
    complain(description)
    return status
  }
}

extension ExitCode {
  /// A loss, a weight or a gradient was not finite any more.
  static let diverged = ExitCode(3)
  /// The run has stopped at a breakpoint.
  static let breakpoint = ExitCode(4)
  /// EX_DATAERR: a data set or a checkpoint is damaged or missing.
  static let data = ExitCode(65)
  /// EX_CANTCREAT: the run's folder cannot be written.
  static let output = ExitCode(73)
  /// EX_CONFIG: the configuration is wrong, or the program was built for another processor.
  static let configuration = ExitCode(78)
}

/// Runs a command's body and turns every known failure into its sentence and status.
func reportingFailures(_ body: () throws -> Void) throws {
  do {
    try body()
  } catch let error as ConfigurationError {
    throw Failure(description: error.description, status: .configuration).reported()
  } catch let error as DatasetError {
    throw Failure(description: error.description, status: .data).reported()
  } catch let error as RunError {
    throw Failure(description: error.description, status: .output).reported()
  } catch let error as AttachmentError {
    throw Failure(description: error.description, status: .output).reported()
  } catch let error as Failure {
    throw error.reported()
  }
}

/// The options of every command that takes a configuration.
struct ConfigurationOptions: ParsableArguments {
  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp(
      "Override one value, such as training.epochs=2 or model.layers[0].out_channels=8; may be repeated.",
      valueName: "key.path=value"))
  var overrides: [String] = []

  /// Reads a stock configuration by its name, from inside the program, or else a file.
  func readWorkload(_ name: String?) throws -> Configuration {
    guard let name, !FileManager.default.fileExists(atPath: name) else { return try read(name) }
    let stock = [
      "lenet": PackageResources.lenet_json, "pytorch-mnist": PackageResources.pytorch_mnist_json,
      "beautiful": PackageResources.beautiful_json,
    ]
    guard let bytes = stock[name] else { return try read(name) }
    return try Configuration(Data(bytes), file: name, overrides: overrides)
  }

  /// Reads a configuration file, or the default that is inside the program.
  func read(_ path: String?) throws -> Configuration {
    guard let path else {
      return try Configuration(
        Data(PackageResources.lenet_json), file: "the default configuration", overrides: overrides)
    }
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue,
      let data = FileManager.default.contents(atPath: path)
    else {
      let reason = isFolder.boolValue ? "it is a folder" : String(cString: strerror(errno))
      throw ConfigurationError(file: path, keyPath: "", message: "cannot be read: \(reason); expected a JSON file")
    }
    return try Configuration(data, file: path, overrides: overrides)
  }
}
