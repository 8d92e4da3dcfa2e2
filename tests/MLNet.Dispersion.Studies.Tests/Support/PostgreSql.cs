namespace MLNet.Dispersion.Studies.Tests.Support;

/// <summary>The server that tests may use.</summary>
internal static class PostgreSql
{
    private const string Variable = "MLNET_DISPERSION_POSTGRES";

    /// <summary>Its connection string; skips the calling test where there is none.</summary>
    public static string ConnectionString
    {
        get
        {
            string? value = Environment.GetEnvironmentVariable(Variable);
            Skip.If(string.IsNullOrWhiteSpace(value), $"PostgreSQL absent: set {Variable} to a connection string of a database that tests may write to");
            return value!;
        }
    }

    /// <summary>A name that no other test has.</summary>
    public static string NewStudy() => $"test-{Guid.NewGuid():N}";
}
