using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion.Search.Tests.Support;

/// <summary>Fits at once, to a transformer that holds a number; counts what is alive.</summary>
internal sealed class StubEstimator(MLContext ml, double value, Action? fitting = null) : IEstimator<ITransformer>
{
    public static int Alive;

    public ITransformer Fit(IDataView input)
    {
        fitting?.Invoke();
        return new StubTransformer(ml.Transforms.CopyColumns("Copy", "Text").Fit(input), value, input);
    }

    public SchemaShape GetOutputSchema(SchemaShape inputSchema) => inputSchema;
}

/// <summary>What a <see cref="StubEstimator"/> gives.</summary>
internal sealed class StubTransformer : ITransformer, IDisposable
{
    private readonly ITransformer _inner;

    public StubTransformer(ITransformer inner, double value, IDataView data)
    {
        (_inner, Value, Rows) = (inner, value, data.Preview(1000).RowView.Length);
        Interlocked.Increment(ref StubEstimator.Alive);
    }

    public double Value { get; }

    public int Rows { get; }

    public bool IsDisposed { get; private set; }

    public bool IsRowToRowMapper => _inner.IsRowToRowMapper;

    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => _inner.GetOutputSchema(inputSchema);

    public IRowToRowMapper GetRowToRowMapper(DataViewSchema inputSchema) => _inner.GetRowToRowMapper(inputSchema);

    public IDataView Transform(IDataView input) => _inner.Transform(input);

    public void Save(ModelSaveContext ctx) => _inner.Save(ctx);

    public void Dispose()
    {
        Assert.False(IsDisposed, "Disposed twice.");
        IsDisposed = true;
        Interlocked.Decrement(ref StubEstimator.Alive);
    }
}
