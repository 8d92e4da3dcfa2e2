using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion.Examples.QuickStart;

/// <summary>One fine-tuned model with its figures.</summary>
internal sealed record Outcome(ITransformer Model, MulticlassClassificationMetrics Metrics, IReadOnlyList<GeometrySnapshot> Geometry);
