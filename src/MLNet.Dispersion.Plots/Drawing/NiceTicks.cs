using System.Globalization;

namespace MLNet.Dispersion;

/// <summary>Round places for the ticks of an axis, labelled in invariant culture.</summary>
/// <param name="Positions">Where.</param>
/// <param name="Labels">What is written there.</param>
internal sealed record NiceTicks(double[] Positions, string[] Labels)
{
    /// <summary>Gets the first tick.</summary>
    public double Min => Positions[0];

    /// <summary>Gets the last tick.</summary>
    public double Max => Positions[^1];

    /// <summary>Ticks 1, 2 or 5 times a power of ten apart that cover the values.</summary>
    /// <param name="min">The least value.</param>
    /// <param name="max">The greatest; may be the least again.</param>
    /// <param name="intervals">About how many intervals.</param>
    /// <param name="whole">Whether only whole numbers are meaningful.</param>
    public static NiceTicks Covering(double min, double max, int intervals = 5, bool whole = false)
    {
        double span = max - min;
        if (!(span > 1e-9 * Math.Max(Math.Abs(min), Math.Abs(max))))
        {
            double around = Math.Abs(max) > 0 ? 0.1 * Math.Abs(max) : 1;
            return Covering(min - around, max + around, intervals, whole);
        }

        double step = RoundStep(span / intervals, whole);
        double first = Math.Floor((min / step) + 1e-9);
        double last = Math.Ceiling((max / step) - 1e-9);
        return At([.. Enumerable.Range(0, (int)(last - first) + 1).Select(i => (first + i) * step)], step);
    }

    /// <summary>Those of the ticks that lie within limits.</summary>
    public NiceTicks Within(double min, double max)
    {
        int[] kept = [.. Enumerable.Range(0, Positions.Length).Where(i => Positions[i] >= min - 1e-9 && Positions[i] <= max + 1e-9)];
        return new([.. kept.Select(i => Positions[i])], [.. kept.Select(i => Labels[i])]);
    }

    /// <summary>These ticks with the last one moved to a value, or with one more there if it is far from the last; labelled as a whole number.</summary>
    public NiceTicks EndingAt(int value)
    {
        double step = Positions.Length > 1 ? Positions[1] - Positions[0] : 1;
        int kept = Positions[^1] < value - (step / 2) ? Positions.Length : Math.Max(1, Positions.Length - 1);
        return value <= Positions[0] ? this : new([.. Positions.Take(kept), value], [.. Labels.Take(kept), value.ToString(CultureInfo.InvariantCulture)]);
    }

    /// <summary>Powers of ten that cover positive values whose decimal logarithms have these limits; positions are logarithms.</summary>
    public static NiceTicks Decades(double minLog, double maxLog)
    {
        int first = (int)Math.Floor(minLog + 1e-9);
        int last = Math.Max((int)Math.Ceiling(maxLog - 1e-9), first + 1);
        int every = Math.Max(1, (last - first + 7) / 8);
        int[] powers = [.. Enumerable.Range(0, last - first + 1).Select(i => last - i).Where(power => (last - power) % every == 0 || power == first).Reverse()];
        return new([.. powers.Select(power => (double)power)], [.. powers.Select(PowerOfTen)]);
    }

    private static double RoundStep(double rough, bool whole)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        double step = (rough / power) switch { <= 1 => power, <= 2 => 2 * power, <= 5 => 5 * power, _ => 10 * power };
        return whole ? Math.Max(1, step) : step;
    }

    private static NiceTicks At(double[] positions, double step)
    {
        int decimals = Math.Clamp((int)Math.Ceiling(-Math.Log10(step) - 1e-9), 0, 12);
        string format = (Math.Abs(positions[^1]) >= 1e6 ? "G6" : "N" + decimals.ToString(CultureInfo.InvariantCulture));
        return new(positions, [.. positions.Select(position => Label(position, step, format))]);
    }

    private static string Label(double position, double step, string format) =>
        (Math.Abs(position) < step / 2 ? 0 : position).ToString(format, CultureInfo.InvariantCulture).Replace('-', '−');

    private static string PowerOfTen(int power) => power switch
    {
        0 => "1",
        -1 => "0.1",
        -2 => "0.01",
        _ => "10" + string.Concat(power.ToString(CultureInfo.InvariantCulture).Select(digit => digit == '-' ? '⁻' : "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit - '0'])),
    };
}
