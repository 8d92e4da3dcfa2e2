namespace MLNet.Dispersion.Studies;

/// <summary>The standard normal distribution.</summary>
internal static class Normal
{
    private const double RootOfTwoPi = 2.5066282746310002;

    internal static double Density(double x) => Math.Exp(-x * x / 2) / RootOfTwoPi;

    /// <summary>The mass between two points, the lower first; exact relative to itself in the tails and for the thinnest slices, too.</summary>
    internal static double Mass(double from, double to)
    {
        if (from > 0)
        {
            (from, to) = (-to, -from);
        }

        return to - from < 1e-3 ? Density((from + to) / 2) * (to - from) : Cumulative(to) - Cumulative(from);
    }

    /// <summary>The mass below x: by the tail's series near the middle, by a continued fraction further out, to about 1e-13.</summary>
    internal static double Cumulative(double x)
    {
        double size = Math.Abs(x);
        if (size > 37)
        {
            return x > 0 ? 1 : 0;
        }

        if (size < 3)
        {
            double term = size, sum = size;
            for (int i = 1; Math.Abs(term) > 1e-17 * sum; i++)
            {
                term *= size * size / ((2 * i) + 1);
                sum += term;
            }

            double middle = Density(size) * sum;
            return x > 0 ? 0.5 + middle : 0.5 - middle;
        }

        double fraction = size;
        for (int i = 60; i > 0; i--)
        {
            fraction = size + (i / fraction);
        }

        double tail = Density(size) / fraction;
        return x > 0 ? 1 - tail : tail;
    }
}
