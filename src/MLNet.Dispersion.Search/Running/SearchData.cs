using Microsoft.ML;

namespace MLNet.Dispersion;

/// <summary>The data of a search: pairs to train and to validate on, and all of it where that is one set.</summary>
/// <param name="Folds">The pairs; more than one for cross-validation.</param>
/// <param name="All">Everything; null when training and validation data were given apart.</param>
internal sealed record SearchData(IReadOnlyList<(IDataView Train, IDataView Validation)> Folds, IDataView? All);
