using Microsoft.ML;

namespace MLNet.Dispersion;

/// <summary>Keeps the model of the best trial so far, and disposes the others. Thread-safe.</summary>
internal sealed class BestModel(StudyObjective objective) : IDisposable
{
    private readonly Lock _gate = new();
    private ITransformer? _model;
    private double _value;

    /// <summary>The trial whose model it is; null while there is none.</summary>
    internal int? Number { get; private set; }

    /// <summary>Takes a model over if it is better than the one that is kept: the variable is null then, or holds the former one, to be disposed.</summary>
    internal void Offer(int number, double value, ref ITransformer? model)
    {
        lock (_gate)
        {
            if (Number is null || objective.IsBetter(value, _value))
            {
                (Number, _value) = (number, value);
                (_model, model) = (model, _model);
            }
        }
    }

    /// <summary>The model of a trial, which is the caller's then; null when another's is kept.</summary>
    internal ITransformer? TakeIf(int? number)
    {
        lock (_gate)
        {
            ITransformer? taken = number is not null && Number == number ? _model : null;
            _model = taken is null ? _model : null;
            return taken;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            (_model as IDisposable)?.Dispose();
            _model = null;
        }
    }
}
