using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion;

/// <summary>Scores rows one at a time, as prediction engines ask for them.</summary>
internal sealed class RowMapper(RowScoring scoring) : IRowToRowMapper
{
    public DataViewSchema InputSchema => scoring.Schema.Input;

    public DataViewSchema OutputSchema => scoring.Schema.Output;

    public IEnumerable<DataViewSchema.Column> GetDependencies(IEnumerable<DataViewSchema.Column> columnsNeeded) =>
        scoring.Schema.InputColumns(ScoringSchema.Indices(columnsNeeded));

    public DataViewRow GetRow(DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (!ReferenceEquals(input.Schema, scoring.Schema.Input))
        {
            throw new ArgumentException("The row is not of the schema that this mapper was made for.", nameof(input));
        }

        return new ScoredRow(scoring, input, ScoringSchema.Indices(activeColumns));
    }
}
