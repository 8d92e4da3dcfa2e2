using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion.Scoring;

/// <summary>Scores rows one at a time, as prediction engines ask for them.</summary>
internal sealed class RowMapper(IHost host, SharedScorer scorer, ScoringSchema schema) : IRowToRowMapper
{
    public DataViewSchema InputSchema => schema.Input;

    public DataViewSchema OutputSchema => schema.Output;

    public IEnumerable<DataViewSchema.Column> GetDependencies(IEnumerable<DataViewSchema.Column> columnsNeeded) =>
        schema.InputColumns(ScoringSchema.Indices(columnsNeeded));

    public DataViewRow GetRow(DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (!ReferenceEquals(input.Schema, schema.Input))
        {
            throw new ArgumentException("The row is not of the schema that this mapper was made for.", nameof(input));
        }

        return new ScoredRow(scorer, schema, input, ScoringSchema.Indices(activeColumns), new TruncationWarning(host, schema.Text.Name));
    }
}
