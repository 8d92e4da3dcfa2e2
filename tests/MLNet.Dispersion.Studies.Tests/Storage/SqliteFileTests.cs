using Microsoft.Data.Sqlite;

namespace MLNet.Dispersion.Studies.Tests.Storage;

/// <summary>Files that are damaged, somebody else's, older, newer, held or not to be had.</summary>
public sealed class SqliteFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string File => _folder.File("study.db");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Open_NoDatabase_SaysSo()
    {
        await System.IO.File.WriteAllTextAsync(File, string.Join(' ', Enumerable.Repeat("This is a letter.", 100)));

        Assert.Contains("not a SQLite database", await MessageAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_AnotherProgramsDatabase_LeavesItAlone()
    {
        await ExecuteAsync("CREATE TABLE customers (name TEXT)");

        Assert.Contains("belongs to another program", await MessageAsync(), StringComparison.Ordinal);
        Assert.Equal(1L, await ExecuteAsync("SELECT COUNT(*) FROM sqlite_master WHERE type = 'table'"));
    }

    [Fact]
    public async Task Open_NewerVersion_SaysToUpdate()
    {
        await (await OpenAsync()).DisposeAsync();
        await ExecuteAsync("UPDATE study_schema SET version = 99");

        Assert.Contains("version 99", await MessageAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_DamagedFile_SaysSo()
    {
        await using (IStudyStorage storage = await OpenAsync())
        {
            for (int i = 0; i < 60; i++)
            {
                await storage.ClaimAsync("a", 100, TimeSpan.FromMinutes(1));
            }
        }

        byte[] bytes = await System.IO.File.ReadAllBytesAsync(File);
        bytes.AsSpan(2048, bytes.Length - 2048).Fill(0x5A);
        await System.IO.File.WriteAllBytesAsync(File, bytes);

        string message = await MessageAsync();
        Assert.Contains(File, message, StringComparison.Ordinal);
        Assert.Contains("damaged", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_NoFolder_SaysWhatToCheck()
    {
        var error = await Assert.ThrowsAsync<StudyStorageException>(() => SqliteStudyStorage.OpenAsync(_folder.File("none/study.db"), Support.Studies.Definition()));

        Assert.Contains("folder exists", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_TheFirstVersion_IsBroughtUpToDateWithItsTrials()
    {
        await using (var transactions = new SqlTransactions(new SqliteDialect(File), TimeSpan.FromSeconds(1)))
        {
            await transactions.RunAsync(session => StudySchema.MigrateAsync(session, new SqliteDialect(File), 1), CancellationToken.None);
        }

        StudyDefinition definition = Support.Studies.Definition();
        await ExecuteAsync($"INSERT INTO study VALUES (1, 'study', 1, '{System.Text.Json.JsonSerializer.Serialize(definition.Objectives)}', '{definition.Space.ToJson()}')");
        await ExecuteAsync("INSERT INTO trial (study, number, state, kind, attempt, parameters, objective_values) VALUES (1, 0, 2, 'sampled', 1, '{\"x\":0.5,\"y\":0}', '[3]')");

        await using IStudyStorage storage = await OpenAsync();

        Trial trial = Assert.Single(await storage.TrialsAsync());
        Assert.Equal([3], trial.Values);
        Assert.Empty(trial.Notes);
        Assert.Equal((long)StudySchema.Version, await ExecuteAsync("SELECT version FROM study_schema"));
    }

    [Fact]
    public async Task Write_FileHeldForAWhile_Waits()
    {
        await using IStudyStorage storage = await OpenAsync();
        await using var holder = new SqliteConnection($"Data Source={File};Pooling=False");
        await holder.OpenAsync();
        SqliteTransaction held = holder.BeginTransaction();
        await ExecuteAsync(holder, "UPDATE study_schema SET version = version");

        Task<TrialClaim?> claim = Task.Run(() => storage.ClaimAsync("a", 1, TimeSpan.FromMinutes(1)));
        await Task.Delay(300);
        Assert.False(claim.IsCompleted);
        await held.CommitAsync();

        Assert.Equal(0, (await claim)!.Number);
    }

    [Fact]
    public async Task Write_FileHeldForGood_SaysWhoMustLetGo()
    {
        await (await OpenAsync()).DisposeAsync();
        await using var holder = new SqliteConnection($"Data Source={File};Pooling=False");
        await holder.OpenAsync();
        using SqliteTransaction held = holder.BeginTransaction();
        await ExecuteAsync(holder, "UPDATE study_schema SET version = version");
        await using var transactions = new SqlTransactions(new SqliteDialect(File, timeoutSeconds: 1), TimeSpan.FromMilliseconds(100));

        var error = await Assert.ThrowsAsync<StudyStorageException>(() => transactions.RunAsync(session => session.ExecuteAsync("UPDATE study_schema SET version = version"), CancellationToken.None));

        Assert.Contains("Another program holds the file", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Write_DiskFull_SaysSoAndKeepsWhatWasThere()
    {
        await using (IStudyStorage storage = await OpenAsync())
        {
            await storage.FinishAsync((await storage.ClaimAsync("a", 9, TimeSpan.FromMinutes(1)))!, TrialOutcome.Completed(3), new Dictionary<string, string>());
        }

        await using (var transactions = new SqlTransactions(new SqliteDialect(File), TimeSpan.FromSeconds(5)))
        {
            // A limit of pages is to SQLite what a full disk is.
            var error = await Assert.ThrowsAsync<StudyStorageException>(() => transactions.RunAsync(
                async session =>
                {
                    await session.ExecuteAsync("PRAGMA max_page_count = 1");
                    return await session.ExecuteAsync("UPDATE trial SET notes = CAST(zeroblob(1000000) AS TEXT)");
                },
                CancellationToken.None));
            Assert.Contains("disk is full", error.Message, StringComparison.Ordinal);
        }

        await using IStudyStorage again = await OpenAsync();
        Assert.Equal([3], Assert.Single(await again.TrialsAsync()).Values);
    }

    [Fact]
    public async Task Trials_RowChangedByOthers_SaysWhich()
    {
        await using IStudyStorage storage = await OpenAsync();
        await storage.ClaimAsync("a", 9, TimeSpan.FromMinutes(1));
        await ExecuteAsync("UPDATE trial SET parameters = '{\"x\":'");

        var error = await Assert.ThrowsAsync<StudyStorageException>(() => storage.TrialsAsync());

        Assert.Contains("Trial 0", error.Message, StringComparison.Ordinal);
    }

    private Task<IStudyStorage> OpenAsync() => SqliteStudyStorage.OpenAsync(File, Support.Studies.Definition());

    private async Task<string> MessageAsync() => (await Assert.ThrowsAsync<StudyStorageException>(async () =>
    {
        await using IStudyStorage storage = await OpenAsync();
        await storage.TrialsAsync();
    })).Message;

    private async Task<object?> ExecuteAsync(string sql)
    {
        await using var connection = new SqliteConnection($"Data Source={File};Pooling=False");
        await connection.OpenAsync();
        return await ExecuteAsync(connection, sql);
    }

    private static async Task<object?> ExecuteAsync(SqliteConnection connection, string sql)
    {
        await using SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // A test's own statements.
        command.CommandText = sql;
#pragma warning restore CA2100
        return await command.ExecuteScalarAsync();
    }
}
