using System.Diagnostics;
using Npgsql;

namespace MLNet.Dispersion.Studies.Tests.Storage;

/// <summary>A server that cuts connections, and one that is not there.</summary>
public sealed class LostConnectionTests
{
    [SkippableFact]
    public async Task Run_ConnectionCutOverAndOver_LosesNothing()
    {
        string place = Support.PostgreSql.ConnectionString;
        await using IStudyStorage storage = await PostgreSqlStudyStorage.OpenAsync(place, Support.Studies.Definition(Support.PostgreSql.NewStudy()));
        int cut = 0;

        IReadOnlyList<Trial> trials = await new StudyRunner(storage, new RandomSampler()).RunAsync(
            async context =>
            {
                cut += await CutOthersAsync(place);
                await context.ReportAsync(1, context.Number);
                return TrialOutcome.Completed(context.Number);
            },
            new StudyRunOptions { MaxTrials = 8 });

        Assert.True(cut >= 8, $"{cut} connections were cut.");
        Assert.Equal(Enumerable.Range(0, 8).Select(number => (double)number), trials.Select(trial => Assert.Single(trial.Values)));
        Assert.All(trials, trial => Assert.Equal((1, 1), (trial.Attempt, trial.Intermediate.Count)));
    }

    [Fact]
    public async Task Open_NoServer_TriesForAWhileAndSaysWhatToCheck()
    {
        var clock = Stopwatch.StartNew();

        var error = await Assert.ThrowsAsync<StudyStorageException>(() => PostgreSqlStudyStorage.OpenAsync(
            "Host=127.0.0.1;Port=1;Database=none;Username=nobody;Password=none;Timeout=2", Support.Studies.Definition(), TimeSpan.FromSeconds(1)));

        Assert.Contains("127.0.0.1:1", error.Message, StringComparison.Ordinal);
        Assert.Contains("server runs", error.Message, StringComparison.Ordinal);
        Assert.InRange(clock.Elapsed, TimeSpan.FromSeconds(0.4), TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task Open_ServerThatNeverAnswers_KeepsToThePatience()
    {
        using var silent = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        silent.Start();
        int port = ((System.Net.IPEndPoint)silent.LocalEndpoint).Port;
        var clock = Stopwatch.StartNew();

        await Assert.ThrowsAsync<StudyStorageException>(() => PostgreSqlStudyStorage.OpenAsync(
            $"Host=127.0.0.1;Port={port};Database=none;Username=nobody;Password=none;Timeout=2", Support.Studies.Definition(), TimeSpan.FromSeconds(3)));

        Assert.InRange(clock.Elapsed, TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(9));
    }

    [Fact]
    public async Task Open_HostThatDoesNotExist_SaysWhatToCheck()
    {
        var error = await Assert.ThrowsAsync<StudyStorageException>(() => PostgreSqlStudyStorage.OpenAsync(
            "Host=no-such-host.invalid;Database=none;Username=nobody;Password=none", Support.Studies.Definition(), TimeSpan.FromMilliseconds(200)));

        Assert.Contains("no-such-host.invalid", error.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Open_WrongPassword_SaysSoAtOnce()
    {
        var builder = new NpgsqlConnectionStringBuilder(Support.PostgreSql.ConnectionString) { Password = "wrong" };

        var error = await Assert.ThrowsAsync<StudyStorageException>(() => PostgreSqlStudyStorage.OpenAsync(builder.ToString(), Support.Studies.Definition()));

        Assert.Contains("password", error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentException>(() => PostgreSqlStudyStorage.OpenAsync("Who=me", Support.Studies.Definition()));
    }

    private static async Task<int> CutOthersAsync(string place)
    {
        await using var connection = new NpgsqlConnection(place);
        await connection.OpenAsync();
        await using NpgsqlCommand command = connection.CreateCommand();
        command.CommandText = "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = current_user AND datname = current_database() AND pid <> pg_backend_pid()";
        return (int)(long)(await command.ExecuteScalarAsync())!;
    }
}
