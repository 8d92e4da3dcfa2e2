using System.Globalization;

namespace MLNet.Dispersion.Statistics;

/// <summary>How much more would be needed to tell. Immutable and thread-safe.</summary>
public sealed record SampleNeeded
{
    /// <summary>Gets how many rows would do with the same seeds; null where no number of rows would.</summary>
    public required int? Rows { get; init; }

    /// <summary>Gets how many seeds would do with the same rows; null where no number of seeds would.</summary>
    public required int? Seeds { get; init; }

    /// <summary>Gets how many of both would do, where neither does alone; null otherwise.</summary>
    public (int Seeds, int Rows)? Both { get; init; }

    /// <summary>Writes what is needed, such as <c>about 7,800 rows or 12 seeds would tell</c>.</summary>
    public override string ToString() => (Rows, Seeds, Both) switch
    {
        ({ } rows, { } seeds, _) => $"about {Round(rows)} rows or {Round(seeds)} seeds would tell",
        ({ } rows, null, _) => $"about {Round(rows)} rows would tell",
        (null, { } seeds, _) => $"about {Round(seeds)} seeds would tell",
        (null, null, { } both) => $"about {Round(both.Seeds)} seeds and {Round(both.Rows)} rows together would tell",
        _ => "no practical number of rows and seeds would tell",
    };

    /// <summary>To two digits, upwards: the figure comes from variances that are guesses themselves.</summary>
    private static string Round(int count)
    {
        long unit = 1;
        while (count / unit >= 100)
        {
            unit *= 10;
        }

        return ((count + unit - 1) / unit * unit).ToString("#,0", CultureInfo.InvariantCulture);
    }
}
