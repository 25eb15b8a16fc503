// Requests from other processes are looked at before the run sees them.

import Telemetry

extension PictureRequest {
  /// The most of anything that one request may ask for.
  private static let most = 1 << 16

  /// Why this is no request for such a run, in a sentence; nil when it is one.
  func complaint(about run: RunDescription) -> String? {
    let layers = run.layers.indices
    guard layers.contains(layer) else { return "there is no layer \(layer)" }
    guard otherProbes.count <= 3, ([probe] + otherProbes).allSatisfy((0..<max(1, run.probes)).contains) else {
      return "there are \(run.probes) images to look at, at most four at once"
    }
    let columns = network?.columns ?? []
    guard ([maps?.layer, glass?.layer].compactMap { $0 } + columns.map(\.layer)).allSatisfy(layers.contains),
      columns.count <= 2 * layers.count
    else { return "there are \(layers.count) layers" }
    let places = [filters?.places, maps?.maps, images?.places, glass?.images, glass?.tiles].compactMap { $0 }
    guard places.allSatisfy({ $0.lowerBound >= 0 && $0.upperBound <= 1 << 30 && $0.count <= PictureRequest.most }),
      columns.allSatisfy({ (0...PictureRequest.most).contains($0.maps) })
    else { return "that is more than \(PictureRequest.most) pictures at once" }
    let indices = [
      network?.map, detail, switchedOff, output?.map, output?.row, output?.column, glass?.image, causes?.filter,
      causes?.steps, trainingProbe,
    ].compactMap { $0 }
    guard indices.allSatisfy((0..<1 << 30).contains) else {
      return "an index is negative, or larger than anything here"
    }
    guard (0...CauseRequest.mostImages).contains(causes?.most ?? 0) else {
      return "at most \(CauseRequest.mostImages) images are looked for at either end"
    }
    guard (0...PictureRequest.most).contains(curvePoints), smoothing >= 0, smoothing < 1, quantities.count <= 1000
    else {
      return "a curve has from 0 to \(PictureRequest.most) points, and a smoothing from 0 to below 1"
    }
    switch search {
    case .ofClass(let label, let after):
      guard run.classes.indices.contains(label), (0..<max(1, run.probes)).contains(after) else {
        return "there is no class \(label)"
      }
    case .mostWrong(let rank): guard (0..<1 << 30).contains(rank) else { return "there is no rank \(rank)" }
    case nil: break
    }
    if case .training(let label?) = images?.source, !run.classes.indices.contains(label) {
      return "there is no class \(label)"
    }
    return nil
  }
}
