// `convtop bench`: how fast this machine trains, and how near to its peak.

import ArgumentParser
import Benchmarks
import Dashboard
import Experiments
import Foundation
import Telemetry
import Tensors

/// `3x32x32`: an image's shape on the command line.
struct ImageShape: ExpressibleByArgument {
  let shape: Shape

  init?(argument: String) {
    let sides = argument.split(separator: "x", omittingEmptySubsequences: false).compactMap { Int($0) }
    guard sides.count == 3, sides.allSatisfy({ (1...4096).contains($0) }) else { return nil }
    shape = Shape(sides)
  }
}

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure training, evaluation and single operations against this machine's multiply-add peak.",
    discussion: "The images are noise: no data set is needed, and nothing is written.")

  @Argument(help: "lenet, pytorch-mnist, beautiful, or a configuration file; the first three when left out.")
  var workloads: [String] = []

  @Flag(help: "One JSON object a line.")
  var json = false

  @Flag(help: "Only whole steps and evaluation, not each operation.")
  var steps = false

  @Flag(help: "The dashboard's views instead: how long a frame of each holds up the run, and takes to draw.")
  var screen = false

  @Flag(help: "The past instead: how long it takes to go a step back, or anywhere, and what keeping it costs.")
  var travel = false

  @Option(help: "Jumps of --travel to steps at random.")
  var jumps = 1000

  @Option(help: "Threads; one for each processor by default.")
  var threads = Processors.available

  @Option(help: "Seconds to measure each step for; an operation gets a tenth.")
  var seconds = 2.0

  @Option(help: ArgumentHelp("Images of another shape than the data set's.", valueName: "3x32x32"))
  var images: ImageShape?

  @OptionGroup var options: ConfigurationOptions

  func validate() throws {
    guard (1...1024).contains(threads) else { throw ValidationError("--threads \(threads): expected 1 to 1024") }
    guard (4...1_000_000).contains(jumps) else { throw ValidationError("--jumps \(jumps): expected 4 to 1000000") }
    guard seconds > 0, seconds <= 3600 else { throw ValidationError("--seconds \(seconds): expected up to 3600") }
  }

  func run() throws {
    try reportingFailures {
      let names = workloads.isEmpty ? ["lenet", "pytorch-mnist", "beautiful"] : workloads
      let configurations = try names.map(options.readWorkload)
      for configuration in configurations { try configuration.requireTraining("measure") }
      if screen { return try measureScreens(configurations) }
      if travel { return try measureTravel(configurations) }
      let bench = Benchmark(threads: threads, seconds: seconds, images: images?.shape)
      var peak = bench.peak()
      try tellPeak(peak)
      for configuration in configurations {
        // Other programs may have slowed the first look down: the best one counts.
        peak = max(peak, bench.peak())
        for row in try bench.workload(configuration) { try tell(row, peak) }
        if !steps { for row in try bench.operations(configuration) { try tell(row, peak) } }
      }
    }
  }

  private func measureScreens(_ configurations: [Configuration]) throws {
    let bench = ScreenBench(size: Size(200, 60), repetitions: 200)
    if !json { say("frames of \(bench.size), in milliseconds, median and 95th percentile") }
    for configuration in configurations {
      for row in try bench.rows(configuration.onAvailableData().0) {
        func figures(_ times: [Double]) -> (median: Double, p95: Double) {
          (times[times.count / 2], times[times.count * 95 / 100])
        }
        let (held, drawn) = (figures(row.snapshots), figures(row.drawings))
        guard json else {
          say(
            cells(configuration.name, row.view.rawValue, "held up \(fixed(held.median, 2)) \(fixed(held.p95, 2))")
              + "drawn \(fixed(drawn.median, 2)) \(fixed(drawn.p95, 2))")
          continue
        }
        var line = JSONLine()
        try line.add("event", "screen")
        try line.add("workload", configuration.name)
        try line.add("view", row.view.rawValue)
        line.add("held_up_median_ms", held.median)
        line.add("held_up_p95_ms", held.p95)
        line.add("drawn_median_ms", drawn.median)
        line.add("drawn_p95_ms", drawn.p95)
        say(line.text)
      }
    }
  }

  private func measureTravel(_ configurations: [Configuration]) throws {
    let bench = TravelBench(jumps: jumps)
    for configuration in configurations {
      let figures = try bench.measure(configuration.onAvailableData().0)
      func median(_ values: [Double]) -> Double { values[values.count / 2] }
      let rows = [
        ("one step back", figures.oneBack), ("anywhere", figures.anywhere), ("step from within", figures.glass),
        ("why a filter moved", figures.causes),
      ]
      guard json else {
        for (name, times) in rows {
          say(
            cells(configuration.name, name, "of \(grouped(figures.steps)) steps")
              + "\(fixed(1e3 * median(times), 1)) ms, at most \(fixed(1e3 * (times.last ?? 0), 1))")
        }
        say(
          cells(configuration.name, "keeping it", "time with / without")
            + "\(fixed(figures.cost.median, 3)) median of a hundred parts, \(fixed(figures.cost.whole, 3)) all of it")
        say(
          cells(configuration.name, "states", "unlike the straight run's")
            + "\(figures.differences) of \(figures.oneBack.count + figures.anywhere.count + 1)")
        continue
      }
      var line = JSONLine()
      try line.add("event", "travel")
      try line.add("workload", configuration.name)
      line.add("steps", figures.steps)
      line.add("one_back_median_ms", 1e3 * median(figures.oneBack))
      line.add("one_back_max_ms", 1e3 * (figures.oneBack.last ?? 0))
      line.add("anywhere_median_ms", 1e3 * median(figures.anywhere))
      line.add("anywhere_max_ms", 1e3 * (figures.anywhere.last ?? 0))
      line.add("glass_median_ms", 1e3 * median(figures.glass))
      line.add("causes_median_ms", 1e3 * median(figures.causes))
      line.add("time_ratio_median", figures.cost.median)
      line.add("time_ratio", figures.cost.whole)
      line.add("differences", figures.differences)
      say(line.text)
    }
  }

  private func tellPeak(_ peak: Double) throws {
    guard json else {
      say("\(threads) threads, multiply-add peak \(fixed(peak, 1)) GFLOP/s")
      return say("\(cells("workload", "part", "pass"))  median ms     p95 ms    images/s   GFLOP/s   of peak")
    }
    var line = JSONLine()
    try line.add("event", "peak")
    line.add("threads", threads)
    line.add("gflops", peak)
    say(line.text)
  }

  private func tell(_ row: Benchmark.Row, _ peak: Double) throws {
    guard json else {
      let rate =
        row.multiplyAdds == 0
        ? "" : padLeft(fixed(row.gflops, 1), 10) + padLeft(percent(row.gflops / peak, 1), 10)
      let pass = row.kind.isEmpty ? "batch \(row.batch)" : "\(row.kind) \(row.pass)"
      let times = [row.timings.median, row.timings.p95].map { padLeft(fixed(1e3 * $0, 3), 11) }.joined()
      return say(
        cells(row.workload, row.part, pass) + times + padLeft(fixed(row.imagesPerSecond, 0), 12) + rate)
    }
    var line = JSONLine()
    try line.add("event", row.kind.isEmpty ? "workload" : "operation")
    try line.add("workload", row.workload)
    try line.add("part", row.part)
    if !row.kind.isEmpty {
      try line.add("operation", row.kind)
      try line.add("pass", row.pass)
    }
    line.add("batch", row.batch)
    line.add("samples", row.timings.count)
    line.add("median_ms", 1e3 * row.timings.median)
    line.add("p95_ms", 1e3 * row.timings.p95)
    line.add("images_per_second", row.imagesPerSecond)
    if row.multiplyAdds > 0 {
      line.add("gflops", row.gflops)
      line.add("share_of_peak", row.gflops / peak)
    }
    say(line.text)
  }

  private func cells(_ workload: String, _ part: String, _ pass: String) -> String {
    func cell(_ text: String, _ width: Int) -> String {
      text + String(repeating: " ", count: max(1, width - text.count))
    }
    return cell(workload, 15) + cell(part, 14) + cell(pass, 26)
  }
}
