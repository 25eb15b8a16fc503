// Other runs beside a run's folder: their series, and in what their configurations differ.

import Dashboard
import Experiments
import Fields
import Foundation
import Telemetry
import Training

/// A run that somebody compares with.
struct RecordedRun: Sendable {
  let name: String
  let series: SeriesList
  /// `training.optimizer.learning_rate: 0.01` and the like: the keys in which its configuration is another.
  let differences: [String]

  /// The most recent runs in the folder that a run's own lies in; what cannot be read is none.
  static func beside(_ folder: String, limit: Int = 3) -> [RecordedRun] {
    let own = URL(fileURLWithPath: folder).standardizedFileURL
    let parent = own.deletingLastPathComponent()
    let keys: Set<URLResourceKey> = [.contentModificationDateKey]
    let found =
      (try? FileManager.default.contentsOfDirectory(at: parent, includingPropertiesForKeys: Array(keys))) ?? []
    let configuration = flattened(own)
    let dated = found.filter { $0.lastPathComponent != own.lastPathComponent }.compactMap { run -> (URL, Date)? in
      let metrics = run.appendingPathComponent("metrics.jsonl")
      guard let date = try? metrics.resourceValues(forKeys: keys).contentModificationDate else { return nil }
      return (run, date)
    }
    var runs: [RecordedRun] = []
    for (run, _) in dated.sorted(by: { $0.1 > $1.1 }) where runs.count < limit {
      guard let text = try? Data(contentsOf: run.appendingPathComponent("metrics.jsonl")) else { continue }
      var series = SeriesList()
      guard let lines = try? series.append(lines: text), lines > 0 else { continue }
      let other = flattened(run)
      let differing = Set(configuration.keys).union(other.keys).filter {
        $0 != "name" && configuration[$0] != other[$0]
      }
      runs.append(
        RecordedRun(
          name: run.lastPathComponent, series: series,
          differences: differing.sorted().map { "\($0): \(other[$0] ?? "–")" }))
    }
    return runs
  }

  /// A configuration's values by their key paths.
  private static func flattened(_ run: URL) -> [String: String] {
    guard let data = try? Data(contentsOf: run.appendingPathComponent("config.json")),
      let whole = try? JSONParser.parse(data)
    else { return [:] }
    return whole.leaves()
  }
}
