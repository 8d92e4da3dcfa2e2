using System.Globalization;

namespace MLNet.Dispersion.Tests.Chat;

/// <summary>A clock that stands still.</summary>
internal sealed class FixedClock(string local) : TimeProvider
{
    private readonly DateTimeOffset _now = new(DateTime.Parse(local, CultureInfo.InvariantCulture), TimeSpan.Zero);

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override DateTimeOffset GetUtcNow() => _now;
}
